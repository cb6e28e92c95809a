"""Whose turn it is on a credit note that waits, or why it is not a person's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.access import alone_later, delegated_to, said_yes, still_stands
from approvals.models import Assignment, Step
from approvals.roster import limits_of
from creditnotes.models import CreditNote, Participant, State
from customers.errors import NotAllowed, Refusal, WrongState
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
        limits = limits_of(self.step.note.company)
        return limits.amount(self.principal.pk, self.asked.asked_as or self.step.role)


def turn_of(note: CreditNote, actor: User, moment: datetime) -> Turn:
    """The open step of a locked note, if it is this person's to decide.

    Raises :class:`~customers.errors.WrongState` when it was decided already, and
    :class:`~customers.errors.NotAllowed` when it is somebody else's or one's own.
    """
    if not actor.is_active:
        raise NotAllowed(_("Your account is closed, so somebody else decides."))
    asked = _asked(note, actor, moment)
    if note.state != State.SUBMITTED or asked is None:
        raise _not_theirs(note, actor)
    _require_uninvolved(said_yes=asked.said_yes, took_part=asked.took_part)
    asked.step.note = note
    return Turn(asked.step, actor, asked)


def _asked(note: CreditNote, actor: User, moment: datetime) -> Any:
    """Who was asked and still holds the role: the person, else one for whom they may decide.

    With whether either of them ``took_part``, and whether the person ``said_yes`` already, as
    the other has not while they are asked. One query.
    """
    either = Q(user=actor) | Q(user=OuterRef("user"))
    standing = Assignment.objects.filter(
        still_stands(),
        Q(user=actor) | delegated_to(actor, moment),
        step__note=note,
        step__status=Step.Status.OPEN,
    )
    nearest = standing.select_related("user", "step__policy").annotate(
        is_own=ExpressionWrapper(Q(user=actor), BooleanField()),
        said_yes=Exists(said_yes(note.pk, note.submissions, actor)),
        took_part=Exists(Participant.objects.filter(either, note=note)),
    )
    return nearest.order_by("-is_own", "step__position", "step__branch", "user").first()


def _not_theirs(note: CreditNote, actor: User) -> Refusal:
    """Why the person may decide on no step of the note."""
    steps = list(note.steps.filter(status=Step.Status.OPEN))
    if note.state != State.SUBMITTED or not steps:
        return WrongState(_already_decided(note, actor))
    once = {each.step_id for each in actor.assignments.filter(step__in=steps)}
    step = next((step for step in steps if step.pk in once), steps[0])
    took_part = note.participants.filter(user=actor).exists()
    return (
        _involved(said_yes=said_yes(note.pk, note.submissions, actor).exists(), took_part=False)
        or _asked_otherwise(step, actor)
        or _involved(said_yes=False, took_part=took_part)
        or NotAllowed(_asked_as_what_one_was(step))
    )


def _require_uninvolved(*, said_yes: bool, took_part: bool) -> None:
    if refusal := _involved(said_yes=said_yes, took_part=took_part):
        raise refusal


def _involved(*, said_yes: bool, took_part: bool) -> NotAllowed | None:
    """Nobody decides twice on a submission, nor on their own (rule 6)."""
    if said_yes:
        return NotAllowed(_("You have decided on this submission, so somebody else decides now."))
    if took_part:
        return NotAllowed(_("You took part in this credit note, so somebody else must decide."))
    return None


def _asked_otherwise(step: Step, actor: User) -> NotAllowed | None:
    """Whether the step asks others, perhaps by now."""
    own = step.assignments.filter(user=actor).select_related("replaced_by__user")
    last = own.order_by("pk").last()
    if last is None and alone_later().filter(user=actor, step__note=step.note_id).exists():
        return NotAllowed(
            _("A later step asks you alone, and nobody says yes twice: somebody else decides here.")
        )
    if last is None:
        return NotAllowed(_("This credit note waits for somebody else's decision."))
    if later := getattr(last, "replaced_by", None):
        return NotAllowed(_("%(who)s decides now in your place.") % {"who": later.user})
    return None


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
