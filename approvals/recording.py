"""Writing down why a submission went where it did, with the names as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.conditions import Considered, Facts, written
from approvals.models import Policy, Routing, Step
from approvals.roster import Roster
from approvals.routing import Plan, PlannedStep
from approvals.tiers import Above
from creditnotes.models import CreditNote
from customers.models import User


@dataclass(frozen=True)
class Routed:
    """The policy that a note falls under, the facts, and what was looked at."""

    policy: Policy
    policies: Sequence[Policy]
    facts: Facts
    considered: Sequence[Considered]

    @property
    def counted(self) -> Decimal:
        """What counts against a limit, in base currency."""
        return self.facts.amount


def record_routing(
    note: CreditNote,
    routed: Routed,
    moment: datetime,
    *,
    plan: Plan | None = None,
    roster: Roster | None = None,
    decides: str = "",
    above: Above | None = None,
) -> Routing:
    """Keep the explanation of this submission; without a plan the policy let it pass itself.

    ``decides`` is the role that had to be asked by law, ``above`` whoever said no before an appeal.
    """
    return Routing.objects.create(
        note=note,
        submission=note.submissions,
        policy=routed.policy,
        routed_at=moment,
        facts=routed.facts.as_record(),
        considered=[each.as_record() for each in routed.considered],
        chain=_chain(routed, plan, roster, decides) | _appeal(above),
        names=_names(note, routed),
    )


def _chain(
    routed: Routed, plan: Plan | None, roster: Roster | None, decides: str
) -> dict[str, Any]:
    if plan is None or roster is None:
        return {"automatic": written(routed.policy.auto_approval_limit)}
    names = _names_of_people(plan, roster)
    return {
        "steps": [_step(step, names, roster) for step in plan.steps],
        "skipped": [list(stage) for stage in plan.skipped],
        "decides": decides,
    }


def _appeal(above: Above | None) -> dict[str, Any]:
    return {"above": {"name": above.name, "limit": written(above.limit)}} if above else {}


def asked_above(step: Step) -> Above | None:
    """Above whom the step's submission asks, where it is an appeal; one query."""
    routings = Routing.objects.filter(note=step.note_id, submission=step.submission)
    record = (routings.values_list("chain", flat=True).first() or {}).get("above")
    if record is None:
        return None
    return Above(record["name"], None if record["limit"] is None else Decimal(record["limit"]))


def _step(step: PlannedStep, names: Mapping[int, str], roster: Roster) -> dict[str, Any]:
    approvers = [roster.limits.approver(user_id, step.role) for user_id in step.user_ids]
    return {
        "position": step.position,
        "role": str(step.role),
        "final": step.is_final,
        "why": step.why,
        "people": [
            {
                "id": each.user_id,
                "name": names[each.user_id],
                "endorses": each.endorses,
                "limit": written(each.limit),
            }
            for each in approvers
        ],
    }


def _names_of_people(plan: Plan, roster: Roster) -> dict[int, str]:
    names = {person.user_id: person.name for person in roster.people.values()}
    asked = {user_id for step in plan.steps for user_id in step.user_ids}
    if unknown := asked - set(names):
        names |= {user.pk: str(user) for user in User.objects.filter(pk__in=unknown)}
    return names


def _names(note: CreditNote, routed: Routed) -> dict[str, dict[str, Any]]:
    """What the ids among the facts and conditions stand for: words, or those in EN and FR."""
    reason, department = note.required_reason, note.customer.department
    names: dict[str, dict[str, Any]] = {
        "reason": {str(reason.pk): [reason.name_en, reason.name_fr]},
        "department": {str(department.pk): department.name},
    }
    for policy in routed.policies[: len(routed.considered)]:
        for condition in policy.conditions:
            if known := condition.get("names"):
                names[condition["fact"]] = {**known, **names.get(condition["fact"], {})}
    return names
