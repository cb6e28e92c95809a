"""From submission to decision, one function a verb.

Each opens its transaction, locks the note first, and asks who and when before it
writes. ``moment`` is when it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from approvals import routing
from approvals.models import Assignment, Decision, Policy, Role, Step
from approvals.offering import offer_for
from approvals.planning import active_policy, amount_counted, limit_of, stages_of
from creditnotes import access, events
from creditnotes import services as creditnote_services
from creditnotes.content import claims_of
from creditnotes.models import CreditNote, Event, Hold, Origin, Participant, State
from creditnotes.services import (
    fix_content,
    locked,
    move,
    require,
    require_comment,
    require_complete,
    require_transition,
    require_version,
)
from customers.errors import NotAllowed, Refusal, StaleContent, WrongState
from customers.models import User
from customers.money import ZERO


@transaction.atomic
def submit(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    version: int | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Ask for a decision: fixes exact amounts, reserves them, and routes by the policy of now.

    A credit within the policy's auto-approval limit is approved at once, on the record.
    """
    note = locked(note)
    require(access.may_edit(actor, note))
    require_transition(note.submit, note)
    require_version(note, version)
    require_complete(note)
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    _fix(note)
    note.submissions += 1
    note.submitted_at = moment
    note.reserved_until = None
    policy = active_policy(note.company)
    counted = amount_counted(note, moment)
    if ZERO < counted <= policy.auto_approval_limit:
        return _pass(note, policy, counted, actor, moment, quiet)
    plan = _plan(note, policy, counted)
    move(note, note.submit, Event.Kind.SUBMITTED, actor=actor, moment=moment, quiet=quiet)
    _write_steps(note, policy, plan, counted, moment)
    return note


def _fix(note: CreditNote) -> None:
    """Release, compute and hash anew; the counters stay locked, so nobody comes between."""
    claims = claims_of(note)
    if note.hold != Hold.NONE:
        note.hold = Hold.NONE
        note.save()
    fix_content(note, claims)
    offer = offer_for(note)
    note.offer_percent = offer.percent if offer else None
    note.offer_net = offer.net if offer else None


def _plan(note: CreditNote, policy: Policy, counted: Decimal) -> routing.Plan:
    barred = set(note.participants.values_list("user_id", flat=True))
    try:
        return routing.plan(counted, stages_of(policy, note), barred)
    except routing.NobodyCan as error:
        raise Refusal(
            _("Nobody's approval limit covers %(amount)s. Ask an administrator.")
            % {"amount": counted}
        ) from error


def _write_steps(
    note: CreditNote, policy: Policy, plan: routing.Plan, counted: Decimal, moment: datetime
) -> None:
    for position, planned in enumerate(plan.steps, start=1):
        first = position == 1
        step = Step.objects.create(
            note=note,
            submission=note.submissions,
            position=position,
            policy=policy,
            role=planned.role,
            is_final=planned.is_final,
            status=Step.Status.OPEN if first else Step.Status.WAITING,
            hours=planned.hours,
            opened_at=moment if first else None,
            due_at=moment + timedelta(hours=planned.hours) if first else None,
            amount_counted=counted,
            why={"because": planned.why, "skipped": [list(stage) for stage in plan.skipped]},
        )
        Assignment.objects.bulk_create(
            Assignment(step=step, user_id=user_id) for user_id in planned.user_ids
        )


def _pass(
    note: CreditNote,
    policy: Policy,
    counted: Decimal,
    actor: User,
    moment: datetime,
    quiet: bool,
) -> CreditNote:
    """The policy itself approves, on the record, within its auto-approval limit."""
    move(note, note.submit, Event.Kind.SUBMITTED, actor=actor, moment=moment, quiet=True)
    step = Step.objects.create(
        note=note,
        submission=note.submissions,
        position=1,
        policy=policy,
        role=Role.POLICY,
        is_final=True,
        status=Step.Status.DONE,
        hours=0,
        opened_at=moment,
        amount_counted=counted,
        why={"because": "within the auto-approval limit"},
    )
    Decision.objects.create(
        step=step,
        note=note,
        verdict=Decision.Verdict.APPROVE,
        content_hash=note.content_hash,
        limit=policy.auto_approval_limit,
        decided_at=moment,
    )
    _approve(note, step, actor=None, moment=moment, quiet=quiet)
    return note


@dataclass(frozen=True)
class Turn:
    """A step that is open, and for whom: ``principal`` is whose it is, ``actor`` who decides."""

    step: Step
    actor: User
    principal: User

    @property
    def on_behalf_of(self) -> User | None:
        """Whose step it is, where that is somebody else."""
        return None if self.principal == self.actor else self.principal


def turn_of(note: CreditNote, actor: User, moment: datetime) -> Turn:
    """The open step of a locked note, if it is this person's to decide.

    Raises :class:`~customers.errors.WrongState` when it was decided already, and
    :class:`~customers.errors.NotAllowed` when it is somebody else's or one's own.
    """
    step = note.steps.filter(status=Step.Status.OPEN).first()
    if note.state != State.SUBMITTED or step is None:
        raise WrongState(_already_decided(note, actor))
    principal = _principal(step, actor, moment)
    if principal is None:
        raise NotAllowed(_("This credit note waits for somebody else's decision."))
    if note.participants.filter(user__in=[actor, principal]).exists():
        raise NotAllowed(_("You took part in this credit note, so somebody else must decide."))
    return Turn(step, actor, principal)


def _already_decided(note: CreditNote, actor: User) -> str:
    last = note.decisions.select_related("actor").last()
    if last is None or last.actor is None:
        return _("%(note)s is %(state)s now; there is nothing to decide.") % {
            "note": note.reference,
            "state": note.get_state_display().lower(),
        }
    if last.actor == actor:
        return _("You have decided on %(note)s already: %(verdict)s.") % {
            "note": note.reference,
            "verdict": last.get_verdict_display().lower(),
        }
    return _("%(who)s has decided on %(note)s already: %(verdict)s.") % {
        "who": last.actor,
        "note": note.reference,
        "verdict": last.get_verdict_display().lower(),
    }


def _principal(step: Step, actor: User, moment: datetime) -> User | None:
    assigned = User.objects.filter(assignments__step=step)
    if assigned.filter(pk=actor.pk).exists():
        return actor
    return assigned.filter(
        delegations_given__delegate=actor,
        delegations_given__starts_at__lte=moment,
        delegations_given__ends_at__gt=moment,
    ).first()


def _decide(
    note: CreditNote,
    turn: Turn,
    verdict: str,
    moment: datetime,
    comment: str,
    seen: str | None,
) -> None:
    """Write the decision and close its step."""
    if seen is not None and seen != note.content_hash:
        raise StaleContent(_("The content changed since you opened the page. Look again, please."))
    Decision.objects.create(
        step=turn.step,
        note=note,
        actor=turn.actor,
        on_behalf_of=turn.on_behalf_of,
        verdict=verdict,
        comment=comment,
        content_hash=note.content_hash,
        limit=limit_of(turn.principal, turn.step.role),
        decided_at=moment,
    )
    turn.step.status = Step.Status.DONE
    turn.step.save(update_fields=["status"])


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
    _decide(note, turn, Decision.Verdict.ENDORSE, moment, comment, seen)
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
    following = note.steps.get(submission=step.submission, position=step.position + 1)
    following.status = Step.Status.OPEN
    following.opened_at = moment
    following.due_at = moment + timedelta(hours=following.hours)
    following.save(update_fields=["status", "opened_at", "due_at"])


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
    _decide(note, turn, Decision.Verdict.APPROVE, moment, comment, seen)
    _approve(
        note,
        turn.step,
        actor=actor,
        moment=moment,
        on_behalf_of=turn.on_behalf_of,
        comment=comment,
        quiet=quiet,
    )
    return note


def _approve(
    note: CreditNote,
    step: Step,
    *,
    actor: User | None,
    moment: datetime,
    on_behalf_of: User | None = None,
    comment: str = "",
    quiet: bool = False,
) -> None:
    at_once = step.policy.issues_at_once and not note.required_reason.needs_return
    move(
        note,
        note.approve,
        Event.Kind.APPROVED,
        actor=actor,
        on_behalf_of=on_behalf_of,
        moment=moment,
        comment=comment,
        payload={"issue_at_once": at_once},
        quiet=quiet,
    )


@transaction.atomic
def return_for_changes(
    note: CreditNote, *, actor: User, moment: datetime, comment: str, seen: str | None = None
) -> CreditNote:
    """Ask the rep to change something; what is reserved stays so until an expiry."""
    note = locked(note)
    turn = turn_of(note, actor, moment)
    require_comment(comment)
    _decide(note, turn, Decision.Verdict.RETURN, moment, comment, seen)
    _drop_open_steps(note)
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
    _decide(note, turn, Decision.Verdict.REJECT, moment, comment, seen)
    _drop_open_steps(note)
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


@transaction.atomic
def recall(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """The rep takes a submission back, before anybody decided on it."""
    note = locked(note)
    require(access.may_withdraw(actor, note))
    require_transition(note.recall, note)
    if note.decisions.filter(step__submission=note.submissions).exists():
        raise WrongState(_("Somebody has decided on it already; it can't be recalled."))
    _drop_open_steps(note)
    move(note, note.recall, Event.Kind.RECALLED, actor=actor, moment=moment)
    return note


@transaction.atomic
def withdraw(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Take a note back for good, together with the steps that wait on it."""
    note = locked(note)
    _drop_open_steps(note)
    return creditnote_services.withdraw(note, actor=actor, moment=moment, comment=comment)


def _drop_open_steps(note: CreditNote) -> None:
    note.steps.filter(status__in=[Step.Status.OPEN, Step.Status.WAITING]).update(
        status=Step.Status.DROPPED
    )
