"""How a customer stands with the company: what is open, on account and credited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, Sum

from creditnotes.models import CreditNote, State
from customers.models import Customer, OpenItem
from customers.money import ZERO

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Standing:
    """Amounts with tax, in the customer's currency."""

    owed: Decimal
    past_due: Decimal
    on_account: Decimal
    credited: Decimal

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever owed, paid or credited that would be worth a figure."""
        return not (self.owed or self.on_account or self.credited)


def standing_of(customer: Customer, today: date) -> Standing:
    """What the customer owes, what we owe them, and what they were credited within a year."""
    left = F("amount") - F("applied")
    owes, pays = Q(side=OpenItem.Side.OWES), Q(side=OpenItem.Side.PAYS)
    items = OpenItem.objects.filter(
        customer=customer, currency=customer.currency, applied__lt=F("amount")
    )
    sums = items.aggregate(
        owed=Sum(left, filter=owes, default=ZERO),
        past_due=Sum(left, filter=owes & Q(due_on__lt=today), default=ZERO),
        on_account=Sum(left, filter=pays, default=ZERO),
    )
    return Standing(credited=_credited(customer, today - YEAR), **sums)


def _credited(customer: Customer, since: date) -> Decimal:
    issued = CreditNote.objects.filter(
        customer=customer,
        currency=customer.currency,
        state=State.ISSUED,
        document__issued_on__gt=since,
    )
    total: Decimal = issued.aggregate(sum=Sum("total", default=ZERO))["sum"]
    return total
