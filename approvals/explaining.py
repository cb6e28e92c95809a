"""Why a credit note went where it did, in the reader's language, as it was written down then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from approvals.conditions import FLAGS, RANGES, SUMS, Against, Fact, OfferOf
from approvals.models import Role, Routing
from creditnotes.models import Basis, Origin
from customers.models import PROVINCES
from customers.models.parties import Tier

_LABELS: Mapping[str, Mapping[str, str | Promise]] = {
    Fact.TIER: dict(Tier.choices),
    Fact.PROVINCE: dict(PROVINCES),
    Fact.BASIS: dict(Basis.choices),
    Fact.ORIGIN: dict(Origin.choices),
    Fact.OFFER: dict(Against.choices),
    Fact.SETTLED_FOR: dict(OfferOf.choices),
}


@dataclass(frozen=True)
class Said:
    """One condition: what it is about, what was wanted, what was there, whether it held.

    A range has ``least`` and ``most``; ``figure`` is what was there, and ``measure`` says of
    what: ``money`` in base currency, ``percent``, ``days`` or ``count``. All else is words.
    """

    fact: str
    label: str
    holds: bool
    measure: str
    wanted: str = ""
    there: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    figure: Decimal | None = None


@dataclass(frozen=True)
class Looked:
    """A policy that was looked at."""

    name: str
    version: int
    holds: bool
    checks: Sequence[Said]


@dataclass(frozen=True)
class Asked:
    """A step of the chain as it was planned, with each person's limit then."""

    position: int
    role: str
    is_final: bool
    people: Sequence[tuple[str, str, Decimal | None]]
    """Name; ``limit``, ``none`` or ``unlimited``; the limit."""


@dataclass(frozen=True)
class Explanation:
    """Why one submission went where it did."""

    submission: int
    routed_at: datetime | None
    policies: Sequence[Looked]
    facts: Sequence[Said]
    chain: Sequence[Asked]
    automatic: Decimal | None
    #: Above whom an appeal asked: their name and limit then, None without one.
    above: tuple[str, Decimal | None] | None = None
    #: The policy's steps that were left out: the role, and the reason.
    skipped: Sequence[tuple[str, str]] = ()

    @property
    def taken(self) -> Looked:
        """The policy that was taken: the last that was looked at."""
        return self.policies[-1]


def explanation_of(routing: Routing) -> Explanation:
    """What was written down at a submission, to be read."""
    record = {
        "submission": routing.submission,
        "facts": routing.facts,
        "considered": routing.considered,
        "chain": routing.chain,
        "names": routing.names,
    }
    return explained(record, routing.routed_at)


def explained(record: Mapping[str, Any], routed_at: datetime | None = None) -> Explanation:
    """The same from the record's JSON."""
    names, chain = record["names"], record["chain"]
    automatic = chain.get("automatic")
    return Explanation(
        record["submission"],
        routed_at,
        looked_at(record["considered"], names),
        [_said({"fact": fact, "value": record["facts"].get(fact)}, names) for fact in Fact],
        [_asked(step) for step in chain.get("steps", ())],
        Decimal(automatic) if automatic else None,
        _above(chain.get("above")),
        [(str(Role(role).label), reason_left_out(why)) for role, why in chain.get("skipped", ())],
    )


def _above(record: Mapping[str, Any] | None) -> tuple[str, Decimal | None] | None:
    if record is None:
        return None
    return record["name"], None if record["limit"] is None else Decimal(record["limit"])


def looked_at(considered: Sequence[Mapping[str, Any]], names: Mapping[str, Any]) -> list[Looked]:
    """The policies looked at, condition by condition."""
    return [
        Looked(
            each["name"],
            each["version"],
            each["holds"],
            [_said(check, names) for check in each["checks"]],
        )
        for each in considered
    ]


def _asked(step: Mapping[str, Any]) -> Asked:
    return Asked(
        step["position"],
        str(Role(step["role"]).label),
        step["final"],
        [(each["name"], *_limit(each)) for each in step["people"]],
    )


def _limit(person: Mapping[str, Any]) -> tuple[str, Decimal | None]:
    if person["endorses"]:
        return "none", None
    return ("unlimited", None) if person["limit"] is None else ("limit", Decimal(person["limit"]))


def _said(check: Mapping[str, Any], names: Mapping[str, Any]) -> Said:
    fact = Fact(check["fact"])
    said = Said(fact.value, str(fact.label), check.get("holds", False), _measure(fact))
    if fact in RANGES:
        return _range(said, check)
    if fact in FLAGS:
        return _words(said, check, _yes_or_no)
    return _words(said, check, lambda values: _named(fact, values, names))


def _measure(fact: Fact) -> str:
    if fact in SUMS:
        return "money"
    return {Fact.PERCENT: "percent", Fact.AGE: "days", Fact.CREDIT_COUNT: "count"}.get(
        fact, "words"
    )


def _range(said: Said, check: Mapping[str, Any]) -> Said:
    least, most, figure = (
        Decimal(check[name]) if check.get(name) is not None else None
        for name in ("from", "to", "value")
    )
    return Said(
        said.fact, said.label, said.holds, said.measure, least=least, most=most, figure=figure
    )


def _words(said: Said, check: Mapping[str, Any], in_words: Callable[[Any], str]) -> Said:
    wanted = in_words(check.get("among", check.get("is")))
    there = in_words(check.get("value")) or _("not known")
    return Said(said.fact, said.label, said.holds, said.measure, wanted, there)


def _yes_or_no(value: bool | None) -> str:
    if value is None:
        return ""
    return _("yes") if value else _("no")


def _named(fact: Fact, values: Sequence[str] | None, names: Mapping[str, Any]) -> str:
    return ", ".join(_name(fact, value, names) for value in values or ())


def _name(fact: Fact, value: str, names: Mapping[str, Any]) -> str:
    name = names.get(fact, {}).get(value) or _LABELS.get(fact, {}).get(value, value)
    if isinstance(name, list):
        return str(name[(get_language() or "en").startswith("fr")])
    return str(name)


def reason_left_out(why: str) -> str:
    """Why a policy's step was left out, in words."""
    sentences = {
        "took part": _("everybody there took part in this credit note"),
        "asked in another step": _("everybody there is asked in another step"),
        "nobody in this role": _("nobody has this role"),
        "not above": _("nobody there may approve more than whoever said no"),
    }
    return sentences.get(why, why)
