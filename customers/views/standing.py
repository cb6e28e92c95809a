"""How a customer stands beside what they owe: what was credited, and when they last paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable

from creditnotes.models import CreditNote, State
from customers.models import Customer, Invoice, Payment
from customers.money import HUNDRED, ZERO, to_cent

A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class CreditRate:
    """What was credited and invoiced within twelve months, tax included, in base currency."""

    credited: Decimal
    invoiced: Decimal

    @property
    def percent(self) -> Decimal | None:
        """The credited part in percent; None where nothing was invoiced."""
        if not self.invoiced:
            return None
        return (self.credited / self.invoiced * HUNDRED).quantize(Decimal("0.1"))


def credit_rate_of(customer: Customer, today: date) -> CreditRate:
    """The rate over the year until ``today``; one query."""
    since = today - A_YEAR
    issued = CreditNote.objects.filter(
        customer=OuterRef("pk"), state=State.ISSUED, document__issued_on__gte=since
    )
    invoices = Invoice.objects.filter(customer=OuterRef("pk"), issued_on__gte=since)
    sums = Customer.objects.filter(pk=customer.pk).values_list(
        _sum(issued, F("document__entry__open_item__base_amount")),
        _sum(invoices, F("total") * F("rate")),
    )
    return CreditRate(*(to_cent(value or ZERO) for value in sums.get()))


def last_payment_of(customer: Customer) -> Payment | None:
    """The latest money received from the customer."""
    return customer.payments.order_by("-received_on", "-pk").first()


def _sum(rows: QuerySet[CreditNote] | QuerySet[Invoice], amount: Combinable) -> Subquery:
    total = Sum(amount, output_field=DecimalField())
    return Subquery(rows.order_by().values("customer").annotate(sum=total).values("sum"))
