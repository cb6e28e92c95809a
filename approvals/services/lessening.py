"""Approving for less than was asked for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import Decision, Step
from approvals.services.deciding import decide, require_limit, require_seen
from approvals.services.steps import finish_approval
from approvals.services.turns import Turn, turn_of
from creditnotes.lowering import Wanted
from creditnotes.models import CreditNote
from creditnotes.services import locked, lower, require_comment
from customers.errors import WrongState
from customers.models import User


@transaction.atomic
def approve_for_less(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    wanted: Wanted,
    comment: str,
    seen: str | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Say yes to less on the final step; what is not granted is released at once.

    ``wanted`` gives the figures of the lines, by position from zero, none of them more than was
    asked for; None leaves a line out. The comment is a must. Raises
    :class:`~customers.errors.Refusal` where a line would come to more, or nothing to less.
    """
    note = locked(note)
    turn = turn_to_lessen(note, actor, moment)
    require_comment(comment)
    require_limit(turn)
    require_seen(note, seen)
    asked_hash = note.content_hash
    asked = lower(note, wanted)
    decide(
        note,
        turn,
        Decision.Verdict.APPROVE,
        moment,
        comment,
        asked=asked,
        asked_hash=asked_hash,
    )
    finish_approval(
        note,
        turn.step,
        actor=actor,
        moment=moment,
        on_behalf_of=turn.on_behalf_of,
        comment=comment,
        asked_total=asked["total"],
        quiet=quiet,
    )
    return note


def turn_to_lessen(note: CreditNote, actor: User, moment: datetime) -> Turn:
    """The person's turn, if it is the last: nobody else then decides on something else.

    Raises :class:`~customers.errors.WrongState` where others decide too.
    """
    turn = turn_of(note, actor, moment)
    pending = note.steps.filter(status__in=[Step.Status.OPEN, Step.Status.WAITING])
    if not turn.step.is_final or pending.exclude(pk=turn.step.pk).exists():
        raise WrongState(_("Others decide too, so you can't change what they decide on."))
    return turn
