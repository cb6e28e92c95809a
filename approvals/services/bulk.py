"""Deciding on many notes at once: each by itself, so that one that can't be harms no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, OperationalError
from django.utils.translation import gettext as _

from approvals.models import Decision, Step
from approvals.services.deciding import (
    approve,
    endorse,
    require_limit,
    require_seen,
    return_for_changes,
)
from approvals.services.turns import turn_of
from creditnotes.models import CreditNote
from customers.errors import Refusal
from customers.models import User

logger = structlog.get_logger(__name__)

#: How often an item is tried in all whose transaction the database gave up.
TRIES = 3


@dataclass(frozen=True)
class Item:
    """A note that was ticked, with the hash of the content that the person saw of it."""

    note: CreditNote
    seen: str


@dataclass(frozen=True)
class Outcome:
    """What came of one item: the verdict, or why it was refused."""

    note: CreditNote
    verdict: Decision.Verdict | None = None
    refusal: str = ""


def foresee(items: Iterable[Item], *, actor: User, verdict: str, moment: datetime) -> list[Outcome]:
    """What would come of each item now; nothing is written, and each is asked again under lock."""
    return [_foreseen(item, actor, verdict, moment) for item in items]


def _foreseen(item: Item, actor: User, verdict: str, moment: datetime) -> Outcome:
    try:
        turn = turn_of(item.note, actor, moment)
        require_seen(item.note, item.seen)
        if verdict == Decision.Verdict.APPROVE and turn.step.is_final:
            require_limit(turn)
    except Refusal as refusal:
        return Outcome(item.note, refusal=str(refusal))
    return Outcome(item.note, _verdict(verdict, turn.step))


def _verdict(wished: str, step: Step) -> Decision.Verdict:
    """A yes is an endorsement where others decide after."""
    if wished == Decision.Verdict.APPROVE and not step.is_final:
        return Decision.Verdict.ENDORSE
    return Decision.Verdict(wished)


_VERBS = {
    Decision.Verdict.APPROVE: approve,
    Decision.Verdict.ENDORSE: endorse,
    Decision.Verdict.RETURN: return_for_changes,
}


def decide_all(
    items: Sequence[Item], *, actor: User, verdict: str, moment: datetime, comment: str = ""
) -> list[Outcome]:
    """Decide on each item in a transaction of its own, in their order."""
    return [_decided(item, actor, verdict, moment, comment) for item in items]


def _decided(item: Item, actor: User, verdict: str, moment: datetime, comment: str) -> Outcome:
    for _try in range(TRIES):
        try:
            meant = _verdict(verdict, turn_of(item.note, actor, moment).step)
            _VERBS[meant](item.note, actor=actor, moment=moment, comment=comment, seen=item.seen)
        except Refusal as refusal:
            return Outcome(item.note, refusal=str(refusal))
        except OperationalError:  # another was faster: the database gave this one up, whole
            continue
        except DatabaseError:
            logger.exception("a decision among many failed", note=item.note.pk)
            break
        return Outcome(item.note, meant)
    return Outcome(item.note, refusal=_("This could not be decided now. Open it and try again."))
