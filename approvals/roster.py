"""Whom a policy's steps ask today, and up to what amount each of them may approve."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q

from approvals.models import ApprovalLimit, PolicyStep, Role
from approvals.routing import Approver, Stage, Superior
from customers.access import FINANCE
from customers.models import Company, Department, User
from customers.money import ZERO
from customers.tuned import tuned


@dataclass(frozen=True)
class Limits:
    """The approval limits of a company: a person's own wins over their role's."""

    of_people: Mapping[int, Decimal | None]
    of_roles: Mapping[str, Decimal | None]

    def amount(self, user_id: int, role: str) -> Decimal | None:
        """The most the person may finally approve, asked in this role; None is no limit."""
        if user_id in self.of_people:
            return self.of_people[user_id]
        return self.of_roles.get(role, ZERO)

    def approver(self, user_id: int, role: str) -> Approver:
        """The person as one who is asked in this role; without any limit they only endorse."""
        if user_id in self.of_people:
            return Approver(user_id, self.of_people[user_id])
        if role in self.of_roles:
            return Approver(user_id, self.of_roles[role])
        return Approver(user_id, None, endorses=True)


@tuned
def limits_of(company: Company) -> Limits:
    """All of the company's limits; at most one query."""
    rows = ApprovalLimit.objects.filter(company=company).values_list("user", "role", "amount")
    limits = list(rows)
    return Limits(
        {user: amount for user, _, amount in limits if user},
        {role: amount for user, role, amount in limits if not user},
    )


@dataclass(frozen=True)
class Person:
    """An active member of staff whom some step may ask."""

    user_id: int
    name: str
    is_in_finance: bool
    departments: Collection[int]
    pools: Collection[int]


@dataclass(frozen=True)
class About:
    """What of a credit decides whom its steps ask."""

    department: int
    account_manager: int | None


@dataclass(frozen=True)
class Roster:
    """The people whom a company's steps may ask, with their limits."""

    people: Mapping[int, Person]
    limits: Limits

    def stages(self, steps: Sequence[PolicyStep], about: About) -> list[Stage]:
        """The policy's steps with the people whom each asks about such a credit."""
        before: int | None = None
        stages = []
        for step in steps:
            stages.append(self._stage(step, about, alongside=step.position == before))
            before = step.position
        return stages

    def _stage(self, step: PolicyStep, about: About, *, alongside: bool) -> Stage:
        asked = [
            self.limits.approver(person.user_id, step.role) for person in self._asked(step, about)
        ]
        return Stage(
            step.role,
            step.hours,
            asked,
            alongside,
            step.needs_all,
            step.is_required,
            step.pool_id,
            step.times,
        )

    def _asked(self, step: PolicyStep, about: About) -> Iterator[Person]:
        match step.role:
            case Role.DEPARTMENT_MANAGER:
                return self._who(lambda person: about.department in person.departments)
            case Role.FINANCE:
                return self._who(lambda person: person.is_in_finance)
            case Role.ACCOUNT_MANAGER:
                return self._who(lambda person: person.user_id == about.account_manager)
            case Role.PERSON:
                return self._who(lambda person: person.user_id == step.person_id)
            case Role.POOL:
                return self._who(lambda person: step.pool_id in person.pools)
        raise ValueError(step.role)

    def _who(self, is_asked: Callable[[Person], bool]) -> Iterator[Person]:
        return (person for person in self.people.values() if is_asked(person))


def roster_of(
    company: Company, steps: Sequence[PolicyStep], account_managers: Iterable[int | None]
) -> Roster:
    """The people whom the steps may ask, and all limits; at most two queries."""
    named = {*account_managers, *(step.person_id for step in steps)} - {None}
    pools = {step.pool_id for step in steps} - {None}
    asked = (
        Q(pk__in=named)
        | Q(pk__in=User.pools.through.objects.filter(pool__in=pools).values("user"))
        | Q(pk__in=Department.objects.filter(company=company).values("manager"))
        | Q(groups__name=FINANCE)
    )
    in_pools = User.pools.through.objects.filter(user=OuterRef("pk"), pool__in=pools)
    rows = (
        User.objects.filter(asked, company=company, is_active=True)
        .annotate(
            is_in_finance=Exists(
                User.groups.through.objects.filter(user=OuterRef("pk"), group__name=FINANCE)
            ),
            department_ids=ArraySubquery(
                Department.objects.filter(manager=OuterRef("pk"), company=company).values("pk")
            ),
            pool_ids=ArraySubquery(in_pools.values("pool")),
        )
        .order_by("pk")
        .distinct()
    )
    people = {
        user.pk: Person(user.pk, str(user), user.is_in_finance, user.department_ids, user.pool_ids)
        for user in rows
    }
    return Roster(people, limits_of(company))


def superiors_of(company: Company, limits: Limits) -> dict[int, Superior]:
    """Whom each of the company's people reports to; one query."""
    rows = User.objects.filter(company=company, reports_to__isnull=False)
    return {
        user_id: Superior(limits.approver(above, Role.MANAGEMENT), is_active)
        for user_id, above, is_active in rows.values_list(
            "pk", "reports_to", "reports_to__is_active"
        )
        if above
    }
