"""A returned note that comes back unchanged goes on where it was returned."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from approvals import clock
from approvals.access import still_stands
from approvals.models import Assignment, Decision, Step
from approvals.planning import amount_counted
from creditnotes.models import CreditNote, Event
from creditnotes.services import move
from customers.models import User


def step_to_resume(note: CreditNote, moment: datetime, *, is_late: bool) -> Step | None:
    """The step that returned just this content, if it may go on there; else it is routed anew.

    It may not where the invoices' other credits let it count for more by now, where a tax's
    time limit has passed since, or where nobody is left whom the rest of its steps may ask.
    """
    if not note.submissions:
        return None
    last = note.decisions.select_related("step__policy").last()
    if last is None or last.verdict != Decision.Verdict.RETURN:
        return None
    step = last.step
    is_same = last.content_hash == note.content_hash and step.submission == note.submissions
    was_late = bool(step.why.get("time_limits"))
    if not is_same or (is_late and not was_late):
        return None
    if amount_counted(note, moment) > step.amount_counted:
        return None
    return step if all(_somebody_can(note, each) for each in _rest(step)) else None


def _rest(returned: Step) -> list[Step]:
    """The step that returned the note, and those that were dropped with it, in order."""
    dropped = returned.note.steps.filter(
        submission=returned.submission,
        status=Step.Status.DROPPED,
        position__gte=returned.position,
    )
    steps = [returned, *dropped.select_related("policy").order_by("position", "branch")]
    return sorted(steps, key=lambda step: (step.position, step.branch))


def _somebody_can(note: CreditNote, step: Step) -> bool:
    return _uninvolved(note, step).filter(still_stands()).exists()


def _uninvolved(note: CreditNote, step: Step) -> QuerySet[Assignment]:
    """Who was asked last, is still here, and took no part in the note meanwhile (rule 6)."""
    asked: QuerySet[Assignment] = step.assignments.filter(replaced_by=None, user__is_active=True)
    return asked.exclude(user__in=note.participants.values("user"))


def resume(
    note: CreditNote, returned: Step, *, actor: User, moment: datetime, quiet: bool
) -> CreditNote:
    """Submit it under the policy that it was routed by; who said yes to it has said so."""
    move(
        note,
        note.submit,
        Event.Kind.SUBMITTED,
        actor=actor,
        moment=moment,
        payload={"resumed": True},
        quiet=quiet,
    )
    last = note.steps.filter(submission=note.submissions).order_by("-position")[0].position
    for step in _rest(returned):
        is_first = step.position == returned.position
        again = _copy(step, note, last + 1 + step.position - returned.position, is_first)
        if is_first:
            clock.start(again, note, moment)
        again.save(force_insert=True)
        _ask_the_same(step, again)
    return note


def _copy(step: Step, note: CreditNote, position: int, is_first: bool) -> Step:
    """The same step once more; it is not saved."""
    return Step(
        note=note,
        submission=note.submissions,
        position=position,
        branch=step.branch,
        policy=step.policy,
        role=step.role,
        pool_id=step.pool_id,
        is_final=step.is_final,
        status=Step.Status.OPEN if is_first else Step.Status.WAITING,
        hours=step.hours,
        remind_hours=step.remind_hours,
        escalate_hours=step.escalate_hours,
        amount_counted=step.amount_counted,
        why={**step.why, "resumed": True},
    )


def _ask_the_same(step: Step, again: Step) -> None:
    """Whoever was asked last and may decide still, without those in whose place they are."""
    given, routed = Assignment.Cause.REASSIGNED, Assignment.Cause.ROUTED
    Assignment.objects.bulk_create(
        Assignment(
            step=again,
            user_id=each.user_id,
            cause=routed if each.cause == given else each.cause,
            asked_as=each.asked_as,
        )
        for each in _uninvolved(again.note, step).order_by("pk")
    )
