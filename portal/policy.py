"""The company's credit policy as its customers read it, from what is in force today.

Nothing of what is only for colleagues: no limits of approval, no conditions, no names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import get_language, gettext

from approvals.expected import hours_to_decide
from approvals.models import OfferTerms
from creditnotes.models import Reason
from creditnotes.services.corresponding import OPEN_AFTER_END
from customers.models import Company, Customer, TaxTimeLimit


@dataclass(frozen=True)
class Offered:
    """What may be offered at once: for which reason, how much, how often."""

    reason: Reason | None
    percent: Decimal
    cap: Decimal | None
    times: int | None
    days: int | None
    days_open: int


@dataclass(frozen=True)
class CreditPolicy:
    """What a customer may count on."""

    reasons: Sequence[Reason]
    offers: Sequence[Offered]
    limits: Sequence[TaxTimeLimit]
    hours: int
    """Business hours in which it is decided, as a rule; 0 where none is promised."""
    weekdays: str
    """The working days, in words."""
    opens: time
    closes: time
    appeal_days: int
    message_days: int

    @property
    def opens_in_words(self) -> str:
        """When a working day begins, as the reader writes it."""
        return time_in_words(self.opens)

    @property
    def closes_in_words(self) -> str:
        """When a working day ends, as the reader writes it."""
        return time_in_words(self.closes)

    @property
    def days(self) -> int:
        """The same in working days, a part of one counted as a whole."""
        day = self.closes.hour * 60 + self.closes.minute - self.opens.hour * 60 - self.opens.minute
        return -(-self.hours * 60 // day) if day else 0


def policy_for(customer: Customer, today: date) -> CreditPolicy:
    """The policy of the customer's company, with what is offered to their tier if that is told."""
    company: Company = customer.company
    reasons = Reason.objects.filter(company=company, is_active=True, customer_visible=True)
    return CreditPolicy(
        reasons=list(reasons.order_by("position", "code")),
        offers=_offers(customer) if company.shows_offers else [],
        limits=_limits(customer, today),
        hours=hours_to_decide(company),
        weekdays=days_in_words(company.work_days),
        opens=company.opens_at,
        closes=company.closes_at,
        appeal_days=company.appeal_days,
        message_days=OPEN_AFTER_END // timedelta(days=1),
    )


def days_in_words(days: Iterable[int]) -> str:
    """Days of the week with those in a row put together: ``Monday to Friday and Sunday``."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return get_text_list([part for run in runs for part in _run(run)], gettext("and"))


def _run(days: Sequence[int]) -> list[str]:
    """Three days in a row or more as one part, fewer each by itself; in mid-sentence case."""
    names = [str(WEEKDAYS[day]) for day in days]
    if (get_language() or "en").startswith("fr"):
        names = [name.lower() for name in names]
    if len(names) < 3:
        return names
    return [gettext("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}]


def time_in_words(moment: time) -> str:
    """A time of day as people in Canada write it: ``8:00 a.m.`` or ``8 h 00``."""
    if (get_language() or "en").startswith("fr"):
        return f"{moment.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{moment.minute:02}"
    half = "a.m." if moment.hour < 12 else "p.m."
    return f"{(moment.hour - 1) % 12 + 1}:{moment.minute:02}\N{NO-BREAK SPACE}{half}"


def _offers(customer: Customer) -> list[Offered]:
    """The terms of the customer's tier, else of every tier; of hidden reasons none."""
    terms = OfferTerms.objects.filter(company=customer.company, tier__in=["", customer.tier])
    best: dict[int | None, OfferTerms] = {}
    for each in terms.select_related("reason").order_by("tier", "pk"):
        is_told = each.reason is None or (each.reason.is_active and each.reason.customer_visible)
        if is_told:
            best[each.reason_id] = each  # the tier's own comes later, and wins
    return [
        Offered(each.reason, each.percent, each.cap, each.times, each.days, each.days_open)
        for each in sorted(best.values(), key=lambda each: (each.reason is None, each.pk))
    ]


def _limits(customer: Customer, today: date) -> list[TaxTimeLimit]:
    """The law's time limits of the taxes of the customer's province, in force today."""
    known = TaxTimeLimit.objects.filter(valid_from__lte=today, province__in=["", customer.province])
    limits = known.exclude(valid_to__lt=today).order_by("kind", "province", "ground")
    return [each for each in limits if each.province or _is_charged(each.kind, customer.province)]


def _is_charged(kind: str, province: str) -> bool:
    """Whether that tax is known in the province; GST and HST everywhere, else its own alone."""
    return kind in ("gst", "hst") or (kind == "qst" and province == "QC")
