"""The company's credit policy as its customers read it, from what is in force today.

Nothing of what is only for colleagues: no limits of approval, no conditions, no names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from approvals.expected import hours_to_decide
from approvals.models import OfferTerms
from creditnotes.models import Reason
from creditnotes.services.corresponding import OPEN_AFTER_END
from customers.models import Company, Customer, TaxTimeLimit
from customers.models.company import Weekday


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
    weekdays: Sequence[str]
    opens: time
    closes: time
    appeal_days: int
    message_days: int

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
        weekdays=[str(Weekday(day).label) for day in sorted(company.work_days)],
        opens=company.opens_at,
        closes=company.closes_at,
        appeal_days=company.appeal_days,
        message_days=OPEN_AFTER_END // timedelta(days=1),
    )


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
