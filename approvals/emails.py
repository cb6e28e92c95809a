"""Mail to those who may decide: somebody waits for them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from approvals.access import in_force, still_stands
from approvals.models import Assignment, Delegation, Step
from creditnotes.emails import letter
from creditnotes.events import consumer
from creditnotes.models import Event
from customers.mailing import Reader, address_of, send
from customers.models import User


@consumer("approver_mail", Event.Kind.SUBMITTED, Event.Kind.ENDORSED)
def tell_approvers(event: Event) -> None:
    """Tell those who may decide the step that this event opened, if it is still open."""
    step = Step.objects.filter(
        note=event.note_id, status=Step.Status.OPEN, opened_at=event.happened_at
    ).first()
    if step is None:
        return
    url = address_of("approvals:decide", event.note_id)
    send(
        letter(
            "decision_wanted",
            event,
            "approver_mail",
            Reader.of(person),
            step=step,
            stands_in_for=[str(principal) for principal in principals],
            url=url,
        )
        for person, principals in who_decide(step).items()
    )


def who_decide(step: Step) -> dict[User, list[User]]:
    """Those who may decide the step now, each with those they would stand in for.

    Somebody who is asked themselves stands in for nobody. Who took part in the
    note is left out: they could not decide (rule 6).
    """
    people = User.objects.filter(is_active=True, company=step.note.company_id)
    able = people.exclude(participations__note=step.note_id)
    asked = able.filter(pk__in=_asked(step)).order_by("pk")
    deciders: dict[User, list[User]] = {person: [] for person in asked}
    stand_ins: dict[User, list[User]] = defaultdict(list)
    for delegation in _delegations(step):
        if delegation.delegate not in deciders:
            stand_ins[delegation.delegate].append(delegation.delegator)
    allowed = set(able.filter(pk__in=[person.pk for person in stand_ins]))
    return deciders | {person: whom for person, whom in stand_ins.items() if person in allowed}


def _asked(step: Step) -> QuerySet[Assignment, Any]:
    """The ids of those whom the step asks and who still hold its role."""
    return Assignment.objects.filter(still_stands(), step=step).values("user")


def _delegations(step: Step) -> list[Delegation]:
    delegations = Delegation.objects.filter(in_force(), delegator__in=_asked(step))
    return list(delegations.select_related("delegate", "delegator").order_by("pk"))
