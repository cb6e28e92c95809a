"""Asking for a decision, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from approvals import clock
from approvals.appealing import above_of
from approvals.gathering import facts_about
from approvals.models import Assignment, Decision, Role, Step
from approvals.offering import counts_others, offer_on
from approvals.planning import (
    amount_counted,
    chosen_for,
    plan_for,
    policies_in_force,
    roster_for,
)
from approvals.recording import Routed, record_routing
from approvals.routing import Plan
from approvals.services.open_offers import close_open_offer
from approvals.services.resuming import resume, step_to_resume
from approvals.services.steps import drop_open_steps, finish_approval
from creditnotes import access
from creditnotes import services as creditnote_services
from creditnotes.content import claims_of
from creditnotes.models import Basis, CreditNote, Event, Hold, Origin, Participant
from creditnotes.services import (
    CONTENT,
    fix_content,
    lock_counters,
    locked,
    move,
    require,
    require_complete,
    require_transition,
    require_version,
)
from creditnotes.services.rebilling import require_current
from creditnotes.telling import asked_total_of
from creditnotes.timelimits import Passed, limits_passed_by
from customers.errors import Incomplete, WrongState
from customers.models import Customer, User
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

    A credit within the policy's auto-approval limit is approved at once, on the record;
    one that gives tax back after the law's time limit never is, and finance decides on it.
    An appeal asks those above whoever said no, as often as it is submitted, and never passes so.
    What was returned and comes back unchanged goes on at the step that returned it, under the
    policy of then.
    """
    note = locked(note)
    require(access.may_submit(actor, note))
    require_transition(note.submit, note)
    require_version(note, version)
    close_open_offer(note, moment)
    return enter_approval(note, actor, moment, quiet)


def enter_approval(
    note: CreditNote, actor: User, moment: datetime, quiet: bool = False
) -> CreditNote:
    """Submit a locked note that ``actor`` may submit; what :func:`submit` says, holds."""
    note.customer.company = note.company  # at hand already
    prefetch_related_objects([note], *CONTENT, "participants")
    require_complete(note)
    _take_part(note, actor, moment)
    fix(note, moment)
    require_current(note)
    _require_words_for_less(note)
    note.submitted_at = moment
    note.reserved_until = None
    late = limits_passed_by(note, note.company.day_of(moment))
    if returned := step_to_resume(note, moment, is_late=bool(late)):
        return resume(note, returned, actor=actor, moment=moment, quiet=quiet)
    note.submissions += 1
    routed, above = routed_now(note, moment), above_of(note)
    is_small = ZERO < routed.counted <= routed.policy.auto_approval_limit
    if is_small and not late and above is None:
        return _pass(note, routed, actor, moment, quiet)
    roster = roster_for(note, routed.policy)
    decides = Role.FINANCE if late else ""
    plan = plan_for(note, routed.policy, roster, routed.counted, decides, above)
    move(note, note.submit, Event.Kind.SUBMITTED, actor=actor, moment=moment, quiet=quiet)
    write_steps(note, routed, plan, moment, late)
    record_routing(note, routed, moment, plan=plan, roster=roster, decides=decides, above=above)
    return note


def _require_words_for_less(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.Incomplete` where a customer is not told why they get less.

    Of what they asked for in the portal; an approver who grants less says why themselves.
    """
    if note.origin != Origin.PORTAL or note.explanation.strip():
        return
    asked = asked_total_of(note)
    if asked is not None and note.total < asked:
        raise Incomplete(
            _("The customer asked for more: tell them why they get less."), field="explanation"
        )


def _take_part(note: CreditNote, actor: User, moment: datetime) -> None:
    if all(each.user_id != actor.pk for each in note.participants.all()):
        Participant.objects.create(note=note, user=actor, since=moment)
        note.refresh_from_db(fields=["participants"])


def routed_now(note: CreditNote, moment: datetime) -> Routed:
    """The policy that the note falls under, and why."""
    policies = policies_in_force(note.company, note.company.day_of(moment))
    facts = facts_about(note, amount_counted(note, moment), moment)
    policy, considered = chosen_for(facts, policies)
    return Routed(policy, policies, facts, considered)


def fix(note: CreditNote, moment: datetime) -> None:
    """Release, compute and hash anew; the counters stay locked, so nobody comes between."""
    claims = claims_of(note)
    gives_goodwill = any(claim.basis == Basis.GOODWILL for claim in claims)
    if gives_goodwill or counts_others(note.customer, note.reason):
        one_after_the_other(note)
    if note.hold != Hold.NONE:
        lock_counters(note, claims)
        note.hold = Hold.NONE
        note.save()
    counters = fix_content(note, claims)
    lefts = {pk: line.net_left for pk, line in counters.lines.items()}
    offer = offer_on(note.customer, note.reason, lefts, moment, but=note)
    note.offer_percent = offer.percent if offer else None
    note.offer_net = offer.net if offer else None


def one_after_the_other(note: CreditNote) -> None:
    """Lock the customer, after the note and before any counter.

    Goodwill shares no counter, nor do offers on several invoices: one of a customer's waits for
    the other, to be counted with it.
    """
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=note.customer_id)


def write_steps(
    note: CreditNote, routed: Routed, plan: Plan, moment: datetime, late: Sequence[Passed]
) -> None:
    skipped, limits = [list(stage) for stage in plan.skipped], [each.as_record() for each in late]
    steps = [
        Step(
            note=note,
            submission=note.submissions,
            position=planned.position,
            branch=branch,
            policy=routed.policy,
            role=planned.role,
            pool_id=planned.pool,
            is_final=planned.is_final,
            status=Step.Status.OPEN if planned.position == 1 else Step.Status.WAITING,
            hours=planned.hours,
            remind_hours=planned.times[0],
            escalate_hours=planned.times[1],
            amount_counted=routed.counted,
            why={"because": planned.why, "skipped": skipped, "time_limits": limits},
        )
        for branch, planned in enumerate(plan.steps, start=1)
    ]
    for step in steps:
        if step.status == Step.Status.OPEN:
            clock.start(step, note, moment)
    Step.objects.bulk_create(steps)
    Assignment.objects.bulk_create(
        Assignment(step=step, user_id=user_id)
        for step, planned in zip(steps, plan.steps, strict=True)
        for user_id in planned.user_ids
    )


def _pass(
    note: CreditNote, routed: Routed, actor: User, moment: datetime, quiet: bool
) -> CreditNote:
    """The policy itself approves, on the record, within its auto-approval limit."""
    policy = routed.policy
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
        amount_counted=routed.counted,
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
    record_routing(note, routed, moment)
    finish_approval(note, step, actor=None, moment=moment, quiet=quiet)
    return note


@transaction.atomic
def recall(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """The rep takes a submission back, before anybody decided on it."""
    note = locked(note)
    require(access.may_submit(actor, note) and access.may_withdraw(actor, note))
    require_transition(note.recall, note)
    said_yes = note.decisions.filter(verdict__in=Decision.YES)
    if said_yes.filter(step__submission=note.submissions).exists():
        raise WrongState(_("Somebody has decided on it already; it can't be recalled."))
    drop_open_steps(note)
    move(note, note.recall, Event.Kind.RECALLED, actor=actor, moment=moment)
    return note


@transaction.atomic
def withdraw(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Take a note back for good, together with the steps that wait on it."""
    note = locked(note)
    drop_open_steps(note)
    close_open_offer(note, moment)
    return creditnote_services.withdraw(note, actor=actor, moment=moment, comment=comment)


@transaction.atomic
def decline(note: CreditNote, *, actor: User, moment: datetime, comment: str) -> CreditNote:
    """Reject what a customer asks for, with words for them, together with an open offer."""
    note = locked(note)
    close_open_offer(note, moment)
    return creditnote_services.decline(note, actor=actor, moment=moment, comment=comment)
