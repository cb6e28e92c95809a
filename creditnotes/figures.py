"""What issued credit notes come to, beside the sales that they lessen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from creditnotes.models import CreditNote
from customers.models import Invoice, User
from customers.money import HUNDRED, ZERO

_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Credited:
    """Credit notes issued in a span of days: how many, their net, and the sales' net then."""

    count: int
    net: Decimal
    sales: Decimal

    @property
    def share(self) -> Decimal | None:
        """Net credited in percent of net invoiced; None where nothing was."""
        return (self.net * HUNDRED / self.sales).quantize(_TENTH) if self.sales else None


def credited_since(user: User, first: date) -> Credited:
    """What was credited from that day on to the customers whom ``user`` may see.

    In the company's own currency; what was credited in another is left out of both sums.
    """
    currency = user.company.base_currency if user.company else ""
    issued = CreditNote.objects.visible_to(user).filter(
        document__issued_on__gte=first, currency=currency
    )
    sold = Invoice.objects.visible_to(user).filter(issued_on__gte=first, currency=currency)
    credited = issued.aggregate(count=Count("pk"), net=Sum("net", default=ZERO))
    sales = sold.aggregate(net=Sum("net", default=ZERO))
    return Credited(credited["count"], credited["net"], sales["net"])
