"""Whether a policy does what its admin means: reachable, and somebody may decide at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.conditions import Condition, Fact, OfferOf
from approvals.models import OfferTerms, Policy, PolicyStep, Role
from approvals.planning import rule_of
from approvals.roster import About, Limits, Roster, roster_of, superiors_of
from approvals.routing import Approver, Superior
from creditnotes.models import Origin
from customers.administration import money_in_words
from customers.models import Company, Department


@dataclass(frozen=True)
class Highest:
    """The highest limit among those whom a policy can reach; ``amount`` None is no limit."""

    department: str
    amount: Decimal | None
    is_nobody: bool = False

    def covers(self, amount: Decimal | None) -> bool:
        """Whether it reaches to ``amount``; None asks for whatever amount."""
        if self.is_nobody:
            return False
        return self.amount is None or (amount is not None and amount <= self.amount)


def hidden_by(policy: Policy, others: Iterable[Policy]) -> Policy | None:
    """The active policy before this one that leaves nothing for it, if there is one."""
    before = (each for each in others if _order(each) < _order(policy))
    return next((each for each in before if _hides(each, policy)), None)


def hides(policy: Policy, others: Iterable[Policy]) -> list[Policy]:
    """The active policies after this one for which it leaves nothing."""
    after = (each for each in others if _order(policy) < _order(each) and _hides(policy, each))
    return sorted(after, key=_order)


def out_of_reach(policy: Policy, others: Iterable[Policy]) -> Iterator[str]:
    """Why it would leave another policy nothing, or be left nothing by one, in words."""
    others = list(others)
    if earlier := hidden_by(policy, others):
        words = _("Nothing is left for it: “%(other)s” comes before it and takes all of this.")
        yield words % {"other": earlier.name}
    if later := hides(policy, others):
        words = _("It would leave nothing for: %(others)s. Give it conditions, or a later place.")
        yield words % {"others": ", ".join(each.name for each in later)}


def _order(policy: Policy) -> tuple[int, float]:
    """The place in the order; one that is not saved yet comes after those of its number."""
    return policy.position, policy.pk or float("inf")


def _hides(earlier: Policy, later: Policy) -> bool:
    from_then = earlier.valid_from is None or (
        later.valid_from is not None and earlier.valid_from <= later.valid_from
    )
    until_then = earlier.valid_to is None or (
        later.valid_to is not None and later.valid_to <= earlier.valid_to
    )
    return from_then and until_then and rule_of(earlier).shadows(rule_of(later))


def takes_all(policy: Policy) -> bool:
    """Whether it takes whatever comes to it, on whatever day."""
    return not (policy.conditions or policy.valid_from or policy.valid_to)


def needed(policy: Policy) -> Decimal | None:
    """Up to what amount the policy must find somebody; None where its conditions do not say."""
    conditions = map(Condition.from_record, policy.conditions)
    return min(
        (each.most for each in conditions if each.fact == Fact.AMOUNT and each.most is not None),
        default=None,
    )


def highest_limits(company: Company, policy: Policy, steps: Sequence[PolicyStep]) -> list[Highest]:
    """The highest limit that the steps reach, for each department that the policy is about."""
    managers = _account_managers(company) if _asks(steps, Role.ACCOUNT_MANAGER) else []
    roster = roster_of(company, steps, managers)
    superiors = superiors_of(company, roster.limits)
    return [
        _highest(name, _within_reach(roster, steps, About(pk, None), managers, superiors))
        for pk, name in _departments(company, policy)
    ]


def _asks(steps: Iterable[PolicyStep], role: str) -> bool:
    return any(step.role == role for step in steps)


def _account_managers(company: Company) -> list[int]:
    rows = company.customers.filter(account_manager__isnull=False).order_by()
    return list(rows.values_list("account_manager", flat=True).distinct())


def _departments(company: Company, policy: Policy) -> list[tuple[int, str]]:
    departments = Department.objects.filter(company=company).order_by("name")
    for condition in policy.conditions:
        if condition["fact"] == Fact.DEPARTMENT:
            departments = departments.filter(pk__in=condition["among"])
    return list(departments.values_list("pk", "name"))


def _within_reach(
    roster: Roster,
    steps: Sequence[PolicyStep],
    about: About,
    account_managers: Sequence[int],
    superiors: Mapping[int, Superior],
) -> Iterator[Approver]:
    """Everybody whom the steps may ask, and all above them."""
    asked = [person for stage in roster.stages(steps, about) for person in stage.approvers]
    if _asks(steps, Role.ACCOUNT_MANAGER):
        asked += _keepers(roster.limits, account_managers)
    yield from asked
    seen, line = set[int](), [person.user_id for person in asked]
    while line:
        user_id = line.pop()
        superior = superiors.get(user_id)
        if superior and user_id not in seen:
            seen.add(user_id)
            line.append(superior.approver.user_id)
            if superior.is_active:
                yield superior.approver


def _keepers(limits: Limits, people: Iterable[int]) -> list[Approver]:
    return [limits.approver(pk, Role.ACCOUNT_MANAGER) for pk in people]


def _highest(department: str, people: Iterable[Approver]) -> Highest:
    able = [person.limit for person in people if not person.endorses]
    if None in able:
        return Highest(department, None)
    known = [limit for limit in able if limit is not None]
    return Highest(department, max(known)) if known else Highest(department, None, is_nobody=True)


def unfinishable(policy: Policy, steps: Sequence[PolicyStep]) -> str:
    """Why nothing that these steps ask about could ever be approved; empty where some could."""
    limits = highest_limits(policy.company, policy, steps)
    if limits and all(each.is_nobody for each in limits):
        return _("Nobody whom these steps ask has an approval limit, nor anybody above them.")
    return ""


def gaps_in(company: int) -> list[str]:
    """The gaps of all the company's policies in force, each with its policy's name."""
    policies = Policy.objects.filter(company=company, is_active=True).order_by("position", "pk")
    return [
        _("%(policy)s: %(gap)s") % {"policy": policy.name, "gap": words}
        for policy in policies.select_related("company")
        for words in gaps_of(policy)
    ]


def gaps_of(policy: Policy) -> Iterator[str]:
    """What would find nobody who may decide were it in force, in words; to mend or accept."""
    wanted, currency = needed(policy), policy.company.base_currency
    for each in highest_limits(policy.company, policy, list(policy.steps.all())):
        if each.covers(wanted):
            continue
        if each.is_nobody:
            words = _("For customers of %(department)s nobody whom it asks may approve anything.")
            yield words % {"department": each.department}
        else:
            words = _(
                "For customers of %(department)s nobody may approve more than %(amount)s: what is"
                " above finds nobody, and can’t be submitted."
            )
            amount = money_in_words(each.amount, currency)
            yield words % {"department": each.department, "amount": amount}


def endless_offers_in(company: int) -> list[str]:
    """That accepted offers pass by themselves, however often, in words; to mend or accept."""
    is_endless = OfferTerms.objects.filter(company=company, times=None).exists()
    if not is_endless:
        return []
    policies = Policy.objects.filter(company=company, is_active=True, auto_approval_limit__gt=0)
    words = _(
        "%(policy)s lets accepted offers pass by themselves, and offer terms don’t say how often a"
        " customer gets one: fill in “times” and “within days” there."
    )
    return [words % {"policy": policy.name} for policy in policies if _takes_offers(policy)]


def _takes_offers(policy: Policy) -> bool:
    """Whether an offer that a customer accepted may fall under the policy."""
    conditions = {each.fact: each for each in map(Condition.from_record, policy.conditions)}
    settled, origin = conditions.get(Fact.SETTLED), conditions.get(Fact.ORIGIN)
    if settled is not None and settled.wanted is False:
        return False
    whose = conditions.get(Fact.SETTLED_FOR)
    if whose is not None and not whose.among & {OfferOf.POLICY.value}:
        return False
    return origin is None or Origin.PORTAL.value in origin.among
