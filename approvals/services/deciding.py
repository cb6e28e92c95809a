"""Deciding on a step: endorse, approve, return, reject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals import clock
from approvals.access import alone_later, delegated_to, still_stands
from approvals.models import Assignment, Decision, Step
from approvals.planning import limit_of
from approvals.services.steps import drop_open_steps, finish_approval
from creditnotes import events
from creditnotes.models import CreditNote, Event, Origin, State
from creditnotes.services import (
    locked,
    move,
    require_comment,
)
from customers.errors import NotAllowed, StaleContent, WrongState
from customers.models import User


@dataclass(frozen=True)
class Turn:
    """A step that is open, who decides it, and who was asked."""

    step: Step
    actor: User
    asked: Assignment

    @property
    def principal(self) -> User:
        """Whose step it is."""
        return self.asked.user

    @property
    def on_behalf_of(self) -> User | None:
        """Whose step it is, where that is somebody else."""
        return None if self.principal == self.actor else self.principal

    @cached_property
    def limit(self) -> Decimal | None:
        """The most the one whose step it is may approve in the role they are asked in."""
        return limit_of(self.principal, self.asked.asked_as or self.step.role)


def turn_of(note: CreditNote, actor: User, moment: datetime) -> Turn:
    """The open step of a locked note, if it is this person's to decide.

    Raises :class:`~customers.errors.WrongState` when it was decided already, and
    :class:`~customers.errors.NotAllowed` when it is somebody else's or one's own.
    """
    open_steps = list(note.steps.filter(status=Step.Status.OPEN).select_related("policy"))
    if note.state != State.SUBMITTED or not open_steps:
        raise WrongState(_already_decided(note, actor))
    step, asked = _asking(open_steps, actor, moment)
    concerned = [actor, asked.user if asked else actor]
    if said_yes(note, concerned):
        raise NotAllowed(_("You have decided on this submission, so somebody else decides now."))
    if asked is None:
        _require_asked(step, actor)
    if note.participants.filter(user__in=concerned).exists():
        raise NotAllowed(_("You took part in this credit note, so somebody else must decide."))
    if asked is None:
        raise NotAllowed(_asked_as_what_one_was(step))
    return Turn(step, actor, asked)


def _require_asked(step: Step, actor: User) -> None:
    """Raise :class:`~customers.errors.NotAllowed` where the step asks others, perhaps by now."""
    own = step.assignments.filter(user=actor).select_related("replaced_by__user")
    last = own.order_by("pk").last()
    if last is None and alone_later().filter(user=actor, step__note=step.note_id).exists():
        raise NotAllowed(
            _("A later step asks you alone, and nobody says yes twice: somebody else decides here.")
        )
    if last is None:
        raise NotAllowed(_("This credit note waits for somebody else's decision."))
    if later := getattr(last, "replaced_by", None):
        raise NotAllowed(_("%(who)s decides now in your place.") % {"who": later.user})


def said_yes(note: CreditNote, people: Iterable[User]) -> bool:
    """Whether one of these, or somebody for them, has said yes to the note as it was submitted."""
    yes = note.decisions.filter(step__submission=note.submissions, verdict__in=Decision.YES)
    return yes.filter(Q(actor__in=people) | Q(on_behalf_of__in=people)).exists()


def _already_decided(note: CreditNote, actor: User) -> str:
    last = note.decisions.select_related("actor").last()
    if last is None or last.actor is None:
        return _("%(note)s is %(state)s now; there is nothing to decide.") % {
            "note": note.reference,
            "state": note.get_state_display().lower(),
        }
    told = {
        "who": last.actor,
        "note": note.reference,
        "verdict": last.words.lower(),
        "when": date_format(timezone.localtime(last.decided_at), "SHORT_DATETIME_FORMAT"),
    }
    if last.actor == actor:
        return _("You have decided on %(note)s already, %(when)s: %(verdict)s.") % told
    return _("%(who)s has decided on %(note)s already, %(when)s: %(verdict)s.") % told


def _asked_as_what_one_was(step: Step) -> str:
    role = step.get_role_display()
    return _("You were asked as: %(role)s. You are that no longer, so you can't decide.") % {
        "role": role
    }


def _asking(steps: Sequence[Step], actor: User, moment: datetime) -> tuple[Step, Assignment | None]:
    """Of the steps open at once the one that the person decides, their own before another's."""
    found = [(step, _asked(step, actor, moment)) for step in steps]
    if len(found) == 1:
        return found[0]
    once = {each.step_id for each in actor.assignments.filter(step__in=steps)}

    def nearness(each: tuple[Step, Assignment | None]) -> tuple[bool, bool, bool]:
        step, asked = each
        is_own = asked is not None and asked.user_id == actor.pk
        return is_own, asked is not None, step.pk in once

    return max(found, key=nearness)


def _asked(step: Step, actor: User, moment: datetime) -> Assignment | None:
    """Who was asked and still holds the role: the person, else one for whom they may decide."""
    asked = Assignment.objects.filter(still_stands(), step=step).select_related("user")
    own = asked.filter(user=actor).first()
    return own or asked.filter(delegated_to(actor, moment)).order_by("user").first()


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
