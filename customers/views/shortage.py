"""What was invoiced and has not arrived whole: how much of which invoice line to credit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from creditnotes.models import Basis, CreditableLine, Reason
from customers.exposure import standing_lines
from customers.models import Company, DeliveryLine, InvoiceLine

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Arrival:
    """What came of an order line, and how much of that damaged, in the product's unit."""

    quantity: Decimal = NOTHING
    damaged: Decimal = NOTHING

    @property
    def usable(self) -> Decimal:
        """What came whole."""
        return self.quantity - self.damaged


@dataclass(frozen=True)
class Shortage:
    """A quantity of an invoice line that did not arrive whole and can still be credited."""

    invoice_line: InvoiceLine
    quantity: Decimal


def arrivals_of(order_line_ids: Collection[int]) -> dict[int, Arrival]:
    """What came of each order line; those of which nothing was delivered are left out."""
    damaged = Q(condition=DeliveryLine.Condition.DAMAGED)
    rows = (
        DeliveryLine.objects.filter(order_line__in=order_line_ids)
        .values("order_line")
        .annotate(arrived=Sum("quantity"), broken=Sum("quantity", filter=damaged, default=NOTHING))
        .values_list("order_line", "arrived", "broken")
    )
    return {pk: Arrival(arrived, broken) for pk, arrived, broken in rows}


def shortages_of(arrivals: Mapping[int, Arrival]) -> dict[int, Shortage]:
    """The shortages on order lines that were delivered, by invoice line.

    What came whole counts for the earliest invoices of an order line; one that was billed
    anew no longer counts. What was credited or reserved since is no longer short.
    """
    lines = list(
        standing_lines()
        .filter(order_line__in=arrivals)
        .select_related("creditable")
        .order_by("order_line", "invoice", "pk")
    )
    left = {line: _left(line, short) for line, short in _wanted(lines, arrivals).items()}
    return {line.pk: Shortage(line, quantity) for line, quantity in left.items() if quantity > 0}


def _left(line: InvoiceLine, short: Decimal) -> Decimal:
    """How much of what was short is neither credited nor reserved, and can still be credited."""
    counter = counter_of(line)
    held = counter.issued_quantity + counter.reserved_quantity
    return min(short - held, counter.quantity_left)


def counter_of(line: InvoiceLine) -> CreditableLine:
    """The line's counter; while nobody has credited anything there is none, and all is left."""
    if hasattr(line, "creditable"):
        return line.creditable
    return CreditableLine(
        invoice_line_id=line.pk, charged_quantity=line.quantity, charged_net=line.net
    )


def _wanted(
    lines: list[InvoiceLine], arrivals: Mapping[int, Arrival]
) -> dict[InvoiceLine, Decimal]:
    usable = {pk: arrival.usable for pk, arrival in arrivals.items()}
    wanted = {}
    for line in lines:
        assert line.order_line_id  # noqa: S101 - the query asked for such
        covered = min(line.quantity, usable[line.order_line_id])
        usable[line.order_line_id] -= covered
        if covered < line.quantity:
            wanted[line] = line.quantity - covered
    return wanted


def reason_for(company: Company) -> Reason | None:
    """The reason that a shortage is credited for: the active one of code ``shortage``."""
    return Reason.objects.filter(
        company=company, code="shortage", is_active=True, bases__contains=[Basis.QUANTITY]
    ).first()
