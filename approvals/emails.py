"""Mail to those who may decide: somebody waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from approvals.access import alone_later, covering, in_force, said_yes, still_stands
from approvals.mail_links import token_for
from approvals.models import Assignment, Delegation, Step
from creditnotes.emails import letter
from creditnotes.events import consumer
from creditnotes.models import Event
from customers.mailing import Letter, Reader, address_of, send
from customers.models import User


@consumer("approver_mail", Event.Kind.SUBMITTED, Event.Kind.ENDORSED, Event.Kind.APPEALED)
def tell_approvers(event: Event) -> None:
    """Tell those who may decide the step that this event opened, if it is still open."""
    steps = Step.objects.filter(
        note=event.note_id, status=Step.Status.OPEN, opened_at=event.happened_at
    )
    told = _told(steps).items()
    send(
        each
        for person, (step, principals) in told
        for each in _letters("decision_wanted", "approver_mail", event, step, {person: principals})
    )


@consumer("reminder_mail", Event.Kind.REMINDED)
def remind_approvers(event: Event) -> None:
    """Remind those who may decide the step, if it still waits for them and its clock runs."""
    step = _still_waiting(event)
    if step is not None:
        send(_letters("decision_reminder", "reminder_mail", event, step, who_decide(step)))


@consumer("escalation_mail", Event.Kind.ESCALATED)
def tell_of_escalation(event: Event) -> None:
    """Ask those to whom a step was escalated; tell the others that its time has passed."""
    step = _still_waiting(event)
    if step is None:
        return
    to, deciders = set(event.payload["to"]), who_decide(step)
    asked = {person: whom for person, whom in deciders.items() if _is_for(person, whom, to)}
    late = {person: whom for person, whom in deciders.items() if person not in asked}
    names = [str(person) for person in User.objects.filter(pk__in=to).order_by("pk")]
    first = _first_asked(step)
    send(
        [
            *_letters("escalated", "escalation_mail", event, step, asked, late=first),
            *_letters("decision_overdue", "escalation_mail", event, step, late, names=names),
        ]
    )


@consumer("reassigned_mail", Event.Kind.REASSIGNED)
def tell_of_reassignment(event: Event) -> None:
    """Ask whoever decides now, or those who stand in for them, if the step is still theirs."""
    given = Assignment.objects.filter(pk=event.payload["assignment"], step__status="open")
    _ask_instead("reassigned_mail", event, given)


@consumer("handed_over_mail", Event.Kind.HANDED_OVER)
def tell_of_handover(event: Event) -> None:
    """Ask whoever took the open step of a leaver over, or those who stand in for them."""
    taken = Assignment.objects.filter(
        cause=Assignment.Cause.HANDED_OVER,
        step__note=event.note_id,
        step__status="open",
        user=event.payload["to"],
        replaced_by=None,
    )
    _ask_instead("handed_over_mail", event, taken)


def _ask_instead(consumer_name: str, event: Event, given: QuerySet[Assignment, Assignment]) -> None:
    """Ask whoever decides in another's place, or their stand-ins, if the step is still theirs."""
    assignment = given.select_related("step__note", "replaces__user").order_by("pk").first()
    if assignment is None or assignment.replaces is None:
        return
    to = {assignment.user_id}
    asked = {
        person: whom
        for person, whom in who_decide(assignment.step).items()
        if _is_for(person, whom, to)
    }
    told = {"actor": str(event.actor), "before": str(assignment.replaces.user)}
    send(_letters("reassigned", consumer_name, event, assignment.step, asked, **told))


def _is_for(person: User, whom: list[User], to: set[int]) -> bool:
    """Whether the step was escalated to the person, or to somebody they stand in for."""
    return person.pk in to or bool(to & {each.pk for each in whom})


def _first_asked(step: Step) -> list[str]:
    """The names of those who were asked before it was escalated."""
    first = step.assignments.filter(replaced_by=None).exclude(cause=Assignment.Cause.ESCALATED)
    return [str(each.user) for each in first.select_related("user").order_by("pk")]


def _still_waiting(event: Event) -> Step | None:
    steps = Step.objects.whose_clock_runs().select_related("note")
    found: Step | None = steps.filter(pk=event.payload["step"]).first()
    return found


def _letters(
    name: str,
    consumer_name: str,
    event: Event,
    step: Step,
    people: dict[User, list[User]],
    **context: Any,
) -> list[Letter]:
    """The same letter to each of the people, with those they would stand in for."""
    url = address_of("approvals:decide", event.note_id)
    return [
        letter(
            name,
            event,
            consumer_name,
            Reader.of(person),
            step=step,
            stands_in_for=[str(principal) for principal in principals],
            url=url,
            **context,
            confirm_url=address_of("by_mail:decide", token_for(person, step)),
        )
        for person, principals in people.items()
    ]


def _told(steps: Iterable[Step]) -> dict[User, tuple[Step, list[User]]]:
    """Whom the steps ask, each once: of several open at once, a person is told of the first."""
    told: dict[User, tuple[Step, list[User]]] = {}
    for step in steps:
        for person, principals in who_decide(step).items():
            told.setdefault(person, (step, principals))
    return told


def who_decide(step: Step) -> dict[User, list[User]]:
    """Those who may decide the step now, each with those they would stand in for.

    Somebody who is asked themselves stands in for nobody, nor does who is needed later on. Who
    took part in the note, or has said yes to it, is left out: they could not decide (rule 6).
    """
    people = User.objects.filter(is_active=True, company=step.note.company_id)
    yes = said_yes(step.note_id, step.submission, OuterRef("pk"))
    able = people.filter(~Exists(yes)).exclude(participations__note=step.note_id)
    asked = able.filter(pk__in=_asked(step)).order_by("pk")
    deciders: dict[User, list[User]] = {person: [] for person in asked}
    stand_ins: dict[User, list[User]] = defaultdict(list)
    for delegation in _delegations(step):
        if delegation.delegate not in deciders:
            stand_ins[delegation.delegate].append(delegation.delegator)
    needed = alone_later().filter(step__note=step.note_id).values("user")
    allowed = set(able.filter(pk__in=[person.pk for person in stand_ins]).exclude(pk__in=needed))
    return deciders | {person: whom for person, whom in stand_ins.items() if person in allowed}


def _asked(step: Step) -> QuerySet[Assignment, Any]:
    """The ids of those whom the step asks and who still hold its role."""
    return Assignment.objects.filter(still_stands(), step=step).values("user")


def _delegations(step: Step) -> list[Delegation]:
    scope = covering(step.note.customer.department_id, step.amount_counted)
    delegations = Delegation.objects.filter(in_force(), scope, delegator__in=_asked(step))
    return list(delegations.select_related("delegate", "delegator").order_by("pk"))
