"""Which policy a credit falls under. Pure: facts in, one explained choice out.

Policies are looked at in order; the first whose conditions all hold is taken. What each
condition wanted, what was there and whether it held is kept, so that it can be explained
years later whatever the policies have become.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

Value = Decimal | frozenset[str] | bool | None


@dataclass(frozen=True)
class Facts:
    """What policies may depend on, as it was at submission.

    Amounts are in the company's base currency. A figure or an answer that is not known is
    None, and no condition on it holds.
    """

    #: What counts against a limit: tax and the invoices' other credits of 30 days included.
    amount: Decimal
    #: The largest share of an invoice's net that is credited, in percent.
    percent: Decimal | None
    #: Days since the oldest credited invoice.
    age: Decimal | None
    #: The customer's other credits submitted within 90 days: their sum with tax, and how many.
    credits: Decimal
    credit_count: Decimal
    reason: frozenset[str]
    tier: frozenset[str]
    province: frozenset[str]
    department: frozenset[str]
    category: frozenset[str]
    basis: frozenset[str]
    origin: frozenset[str]
    offer: frozenset[str]
    over_limit: bool
    past_due: bool
    loses: bool | None
    doubled: bool
    #: Whether the customer accepted it as an offer, just so, and whose that was.
    settled: bool = False
    settled_for: frozenset[str] = frozenset()

    def as_record(self) -> dict[str, Any]:
        """As it is kept, as JSON."""
        return {each.name: written(getattr(self, each.name)) for each in fields(self)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Facts:
        """What :meth:`as_record` wrote."""
        return cls(**{name: _read(value) for name, value in record.items()})


def written(value: Value) -> Any:
    """A value as JSON: amounts as strings, so that no cent is lost."""
    if isinstance(value, Decimal):
        return str(value)
    return sorted(value) if isinstance(value, frozenset) else value


def _read(value: Any) -> Any:
    if isinstance(value, str):
        return Decimal(value)
    return frozenset(value) if isinstance(value, list) else value


class Fact(models.TextChoices):
    """What a condition is about."""

    AMOUNT = "amount", _("Amount with tax")
    PERCENT = "percent", _("Percent of the invoice")
    REASON = "reason", _("Reason")
    TIER = "tier", _("Customer's tier")
    PROVINCE = "province", _("Province")
    DEPARTMENT = "department", _("Department")
    CATEGORY = "category", _("Product category")
    BASIS = "basis", _("Basis")
    ORIGIN = "origin", _("Origin")
    AGE = "age", _("Age of the invoice in days")
    CREDITS = "credits", _("Customer's other credits of 90 days")
    CREDIT_COUNT = "credit_count", _("Number of the customer's other credits of 90 days")
    OFFER = "offer", _("Against the standard offer")
    OVER_LIMIT = "over_limit", _("Customer over their credit limit")
    PAST_DUE = "past_due", _("Customer past due")
    LOSES = "loses", _("Margin after the credit below zero")
    DOUBLED = "doubled", _("Possible duplicate")
    SETTLED = "settled", _("Offer accepted by the customer")
    SETTLED_FOR = "settled_for", _("Whose offer the customer accepted")


class Against(models.TextChoices):
    """How a credit compares with the standard offer."""

    WITHIN = "within", _("As offered, or less")
    ABOVE = "above", _("More than offered")
    NONE = "none", _("Nothing was offered")


class OfferOf(models.TextChoices):
    """Whose offer a customer accepted."""

    POLICY = "policy", _("Policy’s own")
    REP = "rep", _("A rep’s")
    NOBODY = "nobody", _("None was accepted")


RANGES = (Fact.AMOUNT, Fact.PERCENT, Fact.AGE, Fact.CREDITS, Fact.CREDIT_COUNT)
CHOICES = (
    Fact.REASON,
    Fact.TIER,
    Fact.PROVINCE,
    Fact.DEPARTMENT,
    Fact.CATEGORY,
    Fact.BASIS,
    Fact.ORIGIN,
    Fact.OFFER,
    Fact.SETTLED_FOR,
)
FLAGS = (Fact.OVER_LIMIT, Fact.PAST_DUE, Fact.LOSES, Fact.DOUBLED, Fact.SETTLED)
#: Ranges of money, in base currency.
SUMS = (Fact.AMOUNT, Fact.CREDITS)


@dataclass(frozen=True)
class Condition:
    """What a policy asks of one fact.

    A range holds from ``least`` to ``most``, both included, either may be None; a choice
    holds where the fact has any of ``among``; a flag where it is as ``wanted``.
    """

    fact: str
    least: Decimal | None = None
    most: Decimal | None = None
    among: frozenset[str] = frozenset()
    wanted: bool | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether the facts are as wanted; never where they are not known."""
        value = self.value_in(facts)
        if value is None:
            return False
        if isinstance(value, bool):
            return value == self.wanted
        if isinstance(value, frozenset):
            return bool(value & self.among)
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    def value_in(self, facts: Facts) -> Value:
        """The fact that it is about."""
        value: Value = getattr(facts, self.fact)
        return value

    def follows_from(self, other: Condition) -> bool:
        """Whether it holds wherever ``other`` does."""
        if self.fact != other.fact or self.wanted != other.wanted:
            return False
        low = self.least is None or (other.least is not None and other.least >= self.least)
        high = self.most is None or (other.most is not None and other.most <= self.most)
        return low and high and other.among <= self.among

    def as_record(self) -> dict[str, Any]:
        """As it is kept with its policy, as JSON; only what it says."""
        said = {
            "fact": str(self.fact),
            "from": written(self.least),
            "to": written(self.most),
            "among": sorted(self.among) or None,
            "is": self.wanted,
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Condition:
        """What :meth:`as_record` wrote."""
        return cls(
            record["fact"],
            _read(record.get("from")),
            _read(record.get("to")),
            frozenset(record.get("among", ())),
            record.get("is"),
        )


@dataclass(frozen=True)
class Rule:
    """A policy as choosing sees it: its conditions, all of which must hold."""

    policy: int
    name: str
    version: int
    conditions: Sequence[Condition] = ()

    def shadows(self, later: Rule) -> bool:
        """Whether nothing is left for a ``later`` policy: wherever that holds, this does."""
        return all(
            any(condition.follows_from(each) for each in later.conditions)
            for condition in self.conditions
        )


@dataclass(frozen=True)
class Check:
    """A condition, what was there, and whether it held."""

    condition: Condition
    value: Value
    holds: bool

    def as_record(self) -> dict[str, Any]:
        """As it is kept, as JSON."""
        return {
            **self.condition.as_record(),
            "value": written(self.value),
            "holds": self.holds,
        }


@dataclass(frozen=True)
class Considered:
    """A policy that was looked at, condition by condition."""

    rule: Rule
    checks: Sequence[Check]

    @property
    def holds(self) -> bool:
        """Whether all its conditions held."""
        return all(check.holds for check in self.checks)

    def as_record(self) -> dict[str, Any]:
        """As it is kept, as JSON."""
        return {
            "policy": self.rule.policy,
            "name": self.rule.name,
            "version": self.rule.version,
            "holds": self.holds,
            "checks": [check.as_record() for check in self.checks],
        }


class NoPolicy(ValueError):
    """No policy's conditions all held."""


def consider(facts: Facts, rule: Rule) -> Considered:
    """What each condition of the policy wanted, what was there, and whether it held."""
    return Considered(
        rule, [Check(each, each.value_in(facts), each.holds(facts)) for each in rule.conditions]
    )


def choose(facts: Facts, rules: Iterable[Rule]) -> list[Considered]:
    """The policies looked at, in order; the last of them is the one taken.

    Raises :class:`NoPolicy` where none holds, which a last one without conditions prevents.
    """
    looked_at = []
    for rule in rules:
        looked_at.append(consider(facts, rule))
        if looked_at[-1].holds:
            return looked_at
    raise NoPolicy


def first_holding(facts: Facts, rules: Iterable[Rule]) -> Rule:
    """As :func:`choose`, but only the policy that is taken: for many credits at once."""
    for rule in rules:
        if all(condition.holds(facts) for condition in rule.conditions):
            return rule
    raise NoPolicy
