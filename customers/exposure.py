"""How much of a customer's credit limit is used (read from the ledger and the orders)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import DecimalField, Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from customers.currencies import in_base, known_rate
from customers.models import Customer, InvoiceLine, JournalLine, OpenItem, OrderLine
from customers.models.currencies import PAR
from customers.money import ZERO, to_cent

#: What says of an invoice line that another one bills the same anew, so that it no longer counts
#: as invoiced; a module that bills anew adds its own.
BILLED_ANEW: list[Callable[[], Exists]] = []


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
    """The customer's exposure as the books stand now; ``today`` decides what is past due.

    Orders count at the rate of today. One query, and one for a rate: the pages that show
    it ask for much else.
    """
    sums = (
        Customer.objects.filter(pk=customer.pk)
        .values_list(_owed(), _ordered_not_invoiced(), _past_due(today))
        .get()
    )
    balance, on_order, past_due = (to_cent(value or ZERO) for value in sums)
    company = customer.company
    if on_order and customer.currency != company.base_currency:
        on_order = in_base(on_order, known_rate(company, customer.currency, today) or PAR)
    return Exposure(balance, on_order, past_due, customer.credit_limit)


def _owed() -> Subquery:
    """The receivable by the ledger, as :func:`customers.ledger.receivable_of` has it."""
    lines = JournalLine.objects.filter(customer=OuterRef("pk")).order_by().values("customer")
    return Subquery(lines.annotate(sum=Sum("debit") - Sum("credit")).values("sum"))


def standing_lines() -> QuerySet[InvoiceLine]:
    """The invoice lines that bill what was ordered, without those billed anew."""
    return InvoiceLine.objects.filter(*(~is_billed_anew() for is_billed_anew in BILLED_ANEW))


def _ordered_not_invoiced() -> Subquery:
    invoiced = (
        standing_lines()
        .filter(order_line=OuterRef("pk"))
        .order_by()
        .values("order_line")
        .annotate(sum=Sum("quantity"))
        .values("sum")
    )
    left = Greatest(F("quantity") - Coalesce(Subquery(invoiced), Decimal(0)), Decimal(0))
    value = Sum(left * F("unit_price"), output_field=DecimalField())
    lines = OrderLine.objects.filter(order__customer=OuterRef("pk"))
    return Subquery(lines.order_by().values("order__customer").annotate(sum=value).values("sum"))


def _past_due(today: date) -> Subquery:
    overdue = OpenItem.objects.filter(
        customer=OuterRef("pk"),
        side=OpenItem.Side.OWES,
        due_on__lt=today,
        applied__lt=F("amount"),
    )
    left = Sum(F("base_amount") - F("base_applied"))
    return Subquery(overdue.order_by().values("customer").annotate(sum=left).values("sum"))
