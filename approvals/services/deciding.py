"""Deciding on a step: endorse, approve, return, reject."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from approvals import clock
from approvals.models import Decision, Step
from approvals.services.steps import drop_open_steps, finish_approval
from approvals.services.turns import Turn, turn_of
from approvals.services.watching import run_clocks
from creditnotes import events
from creditnotes.models import CreditNote, Event, Origin
from creditnotes.services import (
    locked,
    move,
    require_comment,
)
from customers.errors import NotAllowed, StaleContent, WrongState
from customers.models import User


@transaction.atomic
def endorse(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    comment: str = "",
    seen: str | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Say yes on a step that is not the last; the next one opens.

    ``seen`` is the content hash of the page on which the person decided.
    """
    note = locked(note)
    turn = turn_of(note, actor, moment)
    if turn.step.is_final:
        raise WrongState(_("This is the final step: approve, return or reject."))
    require_seen(note, seen)
    decide(note, turn, Decision.Verdict.ENDORSE, moment, comment)
    _open_next(note, turn.step, moment)
    events.record(
        note,
        Event.Kind.ENDORSED,
        actor=actor,
        on_behalf_of=turn.on_behalf_of,
        moment=moment,
        old_state=note.state,
        comment=comment,
        quiet=quiet,
    )
    return note


def _open_next(note: CreditNote, step: Step, moment: datetime) -> None:
    """Open what comes next, once all that were asked at once have said yes."""
    steps = note.steps.filter(submission=step.submission)
    if steps.filter(status=Step.Status.OPEN).exists():
        run_clocks(note, moment=moment)  # nobody waits for an answer to who has decided
        return
    waiting = list(steps.filter(status=Step.Status.WAITING).select_related("policy"))
    for following in waiting:
        if following.position == waiting[0].position:
            following.status = Step.Status.OPEN
            clock.start(following, note, moment)
            following.save(update_fields=["status", *clock.TIMES])


@transaction.atomic
def approve(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    comment: str = "",
    seen: str | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Say yes on the final step."""
    note = locked(note)
    turn = turn_of(note, actor, moment)
    if not turn.step.is_final:
        raise WrongState(_("Others decide after you: endorse, return or reject."))
    require_limit(turn)
    require_seen(note, seen)
    decide(note, turn, Decision.Verdict.APPROVE, moment, comment)
    finish_approval(
        note,
        turn.step,
        actor=actor,
        moment=moment,
        on_behalf_of=turn.on_behalf_of,
        comment=comment,
        quiet=quiet,
    )
    return note


def require_limit(turn: Turn) -> None:
    """Raise :class:`~customers.errors.NotAllowed` where the limit was lowered since routing."""
    if turn.limit is not None and turn.step.amount_counted > turn.limit:
        raise NotAllowed(
            _("Your approval limit is %(limit)s now, and this counts as %(amount)s.")
            % {"limit": turn.limit, "amount": turn.step.amount_counted}
        )


@transaction.atomic
def return_for_changes(
    note: CreditNote, *, actor: User, moment: datetime, comment: str, seen: str | None = None
) -> CreditNote:
    """Ask the rep to change something; what is reserved stays so until an expiry."""
    note = locked(note)
    turn = turn_of(note, actor, moment)
    require_comment(comment)
    require_seen(note, seen)
    decide(note, turn, Decision.Verdict.RETURN, moment, comment)
    drop_open_steps(note)
    note.reserved_until = moment + settings.RETURNED_RESERVATION
    move(
        note,
        note.return_for_changes,
        Event.Kind.RETURNED,
        actor=actor,
        on_behalf_of=turn.on_behalf_of,
        moment=moment,
        comment=comment,
    )
    return note


@transaction.atomic
def reject(
    note: CreditNote, *, actor: User, moment: datetime, comment: str = "", seen: str | None = None
) -> CreditNote:
    """Refuse the credit and release it; the customer who asked for it is told why."""
    note = locked(note)
    turn = turn_of(note, actor, moment)
    if note.origin == Origin.PORTAL:
        require_comment(comment)
    require_seen(note, seen)
    decide(note, turn, Decision.Verdict.REJECT, moment, comment)
    drop_open_steps(note)
    move(
        note,
        note.reject,
        Event.Kind.REJECTED,
        actor=actor,
        on_behalf_of=turn.on_behalf_of,
        moment=moment,
        comment=comment,
    )
    return note


def require_seen(note: CreditNote, seen: str | None) -> None:
    """Raise :class:`~customers.errors.StaleContent` where the person saw other content."""
    if seen is not None and seen != note.content_hash:
        raise StaleContent(_("The content changed since you opened the page. Look again, please."))


def decide(
    note: CreditNote, turn: Turn, verdict: str, moment: datetime, comment: str, **asked: Any
) -> None:
    """Write the decision and close its step; ``asked`` is what was submitted, if it was more."""
    Decision.objects.create(
        step=turn.step,
        note=note,
        actor=turn.actor,
        on_behalf_of=turn.on_behalf_of,
        verdict=verdict,
        comment=comment,
        content_hash=note.content_hash,
        limit=turn.limit,
        decided_at=moment,
        **asked,
    )
    turn.step.status = Step.Status.DONE
    turn.step.save(update_fields=["status"])
