"""How much of a customer's credit limit is used (read from the ledger and the orders)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from customers.ledger import receivable_of
from customers.models import Customer, InvoiceLine, OpenItem, OrderLine
from customers.money import ZERO, to_cent


@dataclass(frozen=True)
class Exposure:
    """What the customer owes and has on order, in the company's base currency.

    Pending credits never reduce it: only issued ones have reached the ledger.
    """

    balance: Decimal
    on_order: Decimal
    past_due: Decimal
    limit: Decimal | None

    @property
    def total(self) -> Decimal:
        """Open invoices less unapplied payments and credits, plus orders not invoiced."""
        return self.balance + self.on_order

    @property
    def over_limit(self) -> bool:
        """Whether the total is above the customer's credit limit, if there is one."""
        return self.limit is not None and self.total > self.limit


def exposure_of(customer: Customer, today: date) -> Exposure:
    """The customer's exposure as the books stand now; ``today`` decides what is past due."""
    return Exposure(
        balance=receivable_of(customer),
        on_order=_ordered_not_invoiced(customer),
        past_due=_past_due(customer, today),
        limit=customer.credit_limit,
    )


def _ordered_not_invoiced(customer: Customer) -> Decimal:
    invoiced = (
        InvoiceLine.objects.filter(order_line=OuterRef("pk"))
        .order_by()
        .values("order_line")
        .annotate(sum=Sum("quantity"))
        .values("sum")
    )
    left = Greatest(F("quantity") - Coalesce(Subquery(invoiced), Decimal(0)), Decimal(0))
    value = OrderLine.objects.filter(order__customer=customer).aggregate(
        sum=Sum(left * F("unit_price"), default=ZERO, output_field=DecimalField())
    )
    return to_cent(value["sum"])


def _past_due(customer: Customer, today: date) -> Decimal:
    overdue = OpenItem.objects.filter(
        customer=customer,
        side=OpenItem.Side.OWES,
        due_on__lt=today,
        applied__lt=F("amount"),
    )
    total: Decimal = overdue.aggregate(sum=Sum(F("amount") - F("applied"), default=ZERO))["sum"]
    return total
