"""What was applied to what, for pages to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from customers.models import Application, Customer, OpenItem
from customers.money import ZERO
from customers.settling import may_be_taken_back


@dataclass(frozen=True)
class Settled:
    """One application, or its being taken back, seen from either of its documents."""

    application: Application
    other: OpenItem
    may_be_taken_back: bool

    @property
    def is_taken_back(self) -> bool:
        """Whether this row takes another one back."""
        return self.application.undoes_id is not None

    @property
    def was_taken_back(self) -> bool:
        """Whether a later row takes this one back."""
        return hasattr(self.application, "undone_by")


_RELATED = (
    "payer__entry",
    "invoice__entry__invoice",
    "applied_by",
    "undone_by",
    "payer__customer",
)


def applications_of(item: OpenItem) -> list[Settled]:
    """What the item was applied to, or what was applied to it, the first one first."""
    rows = Application.objects.filter(Q(payer=item) | Q(invoice=item)).select_related(*_RELATED)
    return [_settled(row, item.pk) for row in rows.order_by("applied_on", "pk")]


def _settled(row: Application, item_id: int) -> Settled:
    is_free = row.undoes_id is None and not hasattr(row, "undone_by")
    return Settled(
        row,
        row.invoice if row.payer_id == item_id else row.payer,
        is_free and may_be_taken_back(row.payer, row.invoice),
    )


def on_account(customer: Customer) -> QuerySet[OpenItem]:
    """The payments and credits of which something is left, the oldest first."""
    items = OpenItem.objects.filter(
        customer=customer, side=OpenItem.Side.PAYS, applied__lt=F("amount")
    )
    return items.select_related("entry").order_by("entry__posted_on", "pk")


def owed_in(payer: OpenItem) -> QuerySet[OpenItem]:
    """What the payer could settle: the customer's open documents in its currency, due first."""
    items = OpenItem.objects.filter(
        customer=payer.customer_id,
        side=OpenItem.Side.OWES,
        currency=payer.currency,
        applied__lt=F("amount"),
    )
    return items.select_related("entry__invoice").order_by("due_on", "pk")


def oldest_first(left: Decimal, items: Iterable[OpenItem]) -> dict[int, Decimal]:
    """How much of each item, by id, ``left`` settles in the order given."""
    amounts = {}
    for item in items:
        if (amount := min(left, item.open)) > ZERO:
            amounts[item.pk] = amount
            left -= amount
    return amounts
