"""What a policy would have done to the credit notes of a time, from the facts kept with each.

Every submission keeps the facts on which it was routed, so nothing about a note is read anew:
they are looked at under the policies that are active now, and again with the draft among them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, prefetch_related_objects
from django.db.models.fields.json import KT
from django.utils import timezone

from approvals.conditions import Facts, NoPolicy, Rule, consider, first_holding
from approvals.models import Policy, Routing
from approvals.planning import policies_in_force, rule_of, steps_with
from approvals.roster import About, Roster, roster_of, superiors_of
from approvals.routing import NobodyCan, Stage, Superior, plan
from creditnotes.models import CreditNote, Participant
from customers.money import ZERO

#: How many of the notes that change are shown, each with its explanation.
SHOWN = 200
#: After how many notes progress is told.
STRIDE = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Case:
    """One submission of the past, as it was written down."""

    note: int
    facts: Facts
    account_manager: int | None
    barred: AbstractSet[int]
    decides: str

    @property
    def department(self) -> int:
        """The department that the customer was in."""
        return int(next(iter(self.facts.department)))


@dataclass(frozen=True)
class Outcome:
    """What comes of a case: ``automatic``, ``nobody`` may approve, or ``people`` decide."""

    kind: str
    policy: Policy | None
    deciders: Sequence[int] = ()
    endorsers: Sequence[int] = ()

    @property
    def who(self) -> tuple[str, frozenset[int], frozenset[int]]:
        """What must differ for the outcome to be another."""
        return self.kind, frozenset(self.deciders), frozenset(self.endorsers)


class Court:
    """A set of policies in order, with the people whom they may ask today."""

    def __init__(self, policies: Sequence[Policy], roster: Roster) -> None:
        self.policies = {policy.pk: policy for policy in policies}
        self.rules: list[Rule] = [rule_of(policy) for policy in policies]
        self.roster = roster
        self.stages_known: dict[tuple[int, About, str], list[Stage]] = {}

    def policy_for(self, case: Case) -> Policy | None:
        """The policy that the case falls under."""
        try:
            return self.policies[first_holding(case.facts, self.rules).policy]
        except NoPolicy:
            return None

    def outcome(self, case: Case, superiors: Mapping[int, Superior]) -> Outcome:
        """What these policies make of the case."""
        policy, amount = self.policy_for(case), case.facts.amount
        if policy is None:
            return Outcome("nobody", None)
        if ZERO < amount <= policy.auto_approval_limit and not case.decides:
            return Outcome("automatic", policy)
        try:
            planned = plan(amount, self._stages(policy, case), case.barred, case.decides, superiors)
        except NobodyCan:
            return Outcome("nobody", policy)
        *before, last = planned.steps
        endorsers = [user_id for step in before for user_id in step.user_ids]
        return Outcome("people", policy, list(last.user_ids), endorsers)

    def _stages(self, policy: Policy, case: Case) -> list[Stage]:
        """Whom the policy asks about the case, found out once for all that are alike."""
        about = About(case.department, case.account_manager)
        key = (policy.pk, about, case.decides)
        if key not in self.stages_known:
            steps = steps_with(policy, case.decides)
            self.stages_known[key] = self.roster.stages(steps, about)
        return self.stages_known[key]


class Rehearsal:
    """A draft, tried on the submissions from ``since`` to ``until``, both included."""

    def __init__(self, draft: Policy, since: date, until: date) -> None:
        self.draft, self.since, self.until = draft, since, until

    @cached_property
    def active(self) -> list[Policy]:
        """The policies that are in force now, in order."""
        company = self.draft.company
        return policies_in_force(company, company.day_of(timezone.now()))

    @cached_property
    def with_draft(self) -> list[Policy]:
        """The same with the draft in the place of its active version, and in its order."""
        others = [each for each in self.active if each.name != self.draft.name]
        return sorted([*others, self.draft], key=lambda each: (each.position, each.pk))

    def run(self, progress: Progress = lambda done, total: None) -> dict[str, Any]:
        """What would change, as JSON: how many of each kind, and the first with explanations."""
        cases = self._cases()
        prefetch_related_objects([self.draft], "steps")
        everybody = [*self.active, self.draft]
        steps = [step for policy in everybody for step in policy.steps.all()]
        roster = roster_of(self.draft.company, steps, {each.account_manager for each in cases})
        superiors = superiors_of(self.draft.company, roster.limits)
        now, then = Court(self.active, roster), Court(self.with_draft, roster)
        counts, shown = Counter[str](), list[dict[str, Any]]()
        for done, case in enumerate(cases):
            if done % STRIDE == 0:
                progress(done, len(cases))
            if now.policy_for(case) == then.policy_for(case):
                continue
            before, after = now.outcome(case, superiors), then.outcome(case, superiors)
            if kind := _change(before, after):
                counts[kind] += 1
                if len(shown) < SHOWN:
                    shown.append(self._explained(case, kind, before, after, roster))
        progress(len(cases), len(cases))
        return {"total": len(cases), "counts": dict(counts), "changes": shown}

    # What is tried ----------------------------------------------------------------

    def _cases(self) -> list[Case]:
        """The last submission of each note within the time; four queries, however many.

        None of them joins large tables, so that none can be planned badly.
        """
        rows = self._routings().order_by("note", "submission")
        last = {
            note: (facts, decides or "")
            for note, facts, decides in rows.values_list("note", "facts", KT("chain__decides"))
        }
        barred: dict[int, set[int]] = defaultdict(set)
        took_part = Participant.objects.filter(note__in=list(last))
        for note, user in took_part.values_list("note", "user"):
            barred[note].add(user)
        notes = CreditNote.objects.filter(pk__in=list(last))
        managers = dict(notes.values_list("pk", "customer__account_manager"))
        return [
            Case(note, Facts.from_record(facts), managers[note], barred[note], decides)
            for note, (facts, decides) in last.items()
        ]

    def _routings(self) -> QuerySet[Routing]:
        zone = ZoneInfo(self.draft.company.time_zone)
        begin = datetime.combine(self.since, time.min, zone)
        end = datetime.combine(self.until, time.max, zone)
        ours = list(
            Policy.objects.filter(company=self.draft.company_id).values_list("pk", flat=True)
        )
        return Routing.objects.filter(policy__in=ours, routed_at__gte=begin, routed_at__lte=end)

    def _explained(
        self, case: Case, kind: str, before: Outcome, after: Outcome, roster: Roster
    ) -> dict[str, Any]:
        considered = list(self._looked_at(case, after.policy))
        return {
            "note": case.note,
            "kind": kind,
            "amount": str(case.facts.amount),
            "before": _told(before, roster),
            "after": _told(after, roster),
            "considered": considered,
        }

    def _looked_at(self, case: Case, taken: Policy | None) -> Iterator[dict[str, Any]]:
        for policy in self.with_draft:
            yield consider(case.facts, rule_of(policy)).as_record()
            if policy == taken:
                return


def _change(before: Outcome, after: Outcome) -> str:
    """What kind of change it is; empty where the same people decide as before."""
    if before.who == after.who:
        return ""
    if after.kind == "people":
        return "manual" if before.kind == "automatic" else "approver"
    return after.kind


def _told(outcome: Outcome, roster: Roster) -> dict[str, Any]:
    names = {person.user_id: person.name for person in roster.people.values()}
    policy = f"{outcome.policy.name} ({outcome.policy.version})" if outcome.policy else ""
    return {
        "kind": outcome.kind,
        "policy": policy,
        "deciders": [names.get(pk, str(pk)) for pk in outcome.deciders],
        "endorsers": [names.get(pk, str(pk)) for pk in outcome.endorsers],
    }
