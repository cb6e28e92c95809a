"""How a customer stands with the company: what is open, on account and credited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from creditnotes.models import CreditNote, State
from customers.models import Application, Customer, OpenItem
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


#: The order of what was paid: the latest first.
PAID = ("-entry__posted_on", "-id")


@dataclass(frozen=True)
class Paid:
    """A payment or credit, and the documents that it settled so far."""

    item: OpenItem
    settled: Sequence[str]


def paid_by(customer: Customer) -> QuerySet[Any]:
    """What was paid, or credited to the customer."""
    items = OpenItem.objects.filter(customer=customer, side=OpenItem.Side.PAYS)
    return titled(items.select_related("entry"))


def titled(items: QuerySet[OpenItem]) -> QuerySet[Any]:
    """Each with its ``title``: a credit note's number, else as the books call it."""
    number = Coalesce("entry__credit_document__number", "entry__reference")
    return items.annotate(title=number)


def with_uses(items: Iterable[OpenItem]) -> list[Paid]:
    """Each with the names of what it settled and was not taken back, in one query."""
    rows = list(items)
    standing = Application.objects.filter(payer__in=rows, undoes=None, undone_by=None)
    uses: dict[int, list[str]] = defaultdict(list)
    for payer, name in standing.order_by("pk").values_list("payer", "invoice__entry__reference"):
        uses[payer].append(name)
    return [Paid(item, uses[item.pk]) for item in rows]
