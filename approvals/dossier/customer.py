"""How the customer stands: exposure, what was credited within a year, what colleagues noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from creditnotes.models import CreditNote, State
from customers.exposure import Exposure, exposure_of
from customers.models import Customer, CustomerNote, Invoice
from customers.money import HUNDRED, ZERO

#: How many of the notes about a customer are shown.
FEW = 4
A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class CustomerFacts:
    """How the customer stands with the company."""

    customer: Customer
    exposure: Exposure
    credited: Decimal
    invoiced: Decimal
    notes: Sequence[CustomerNote]

    @property
    def credit_rate(self) -> Decimal | None:
        """What was credited within twelve months, in percent of what was invoiced."""
        if not self.invoiced:
            return None
        return (self.credited / self.invoiced * HUNDRED).quantize(Decimal("0.1"))


def customer_facts(note: CreditNote, moment: datetime) -> CustomerFacts:
    customer = note.customer
    credited, invoiced = _last_year(customer, moment)
    return CustomerFacts(
        customer=customer,
        exposure=exposure_of(customer, note.company.day_of(moment)),
        credited=credited,
        invoiced=invoiced,
        notes=list(customer.notes.select_related("author")[:FEW]),
    )


def _last_year(customer: Customer, moment: datetime) -> tuple[Decimal, Decimal]:
    """What was credited and invoiced to the customer within twelve months, tax included."""
    since = timezone.localtime(moment - A_YEAR).date()
    issued = CreditNote.objects.filter(
        customer=OuterRef("pk"), state=State.ISSUED, document__issued_on__gte=since
    )
    invoices = Invoice.objects.filter(customer=OuterRef("pk"), issued_on__gte=since)
    credited, invoiced = (
        Customer.objects.filter(pk=customer.pk).values_list(_sum(issued), _sum(invoices)).get()
    )
    return credited or ZERO, invoiced or ZERO


def _sum(rows: QuerySet[CreditNote] | QuerySet[Invoice]) -> Subquery:
    return Subquery(rows.order_by().values("customer").annotate(sum=Sum("total")).values("sum"))
