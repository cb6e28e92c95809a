"""The lines that a request may be about, each with what is left of it, by invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from creditnotes import creditable
from creditnotes.creditable import Counters
from creditnotes.models import Attachment, Basis, CreditableLine, Reason
from customers import units
from customers.models import Invoice, InvoiceLine
from portal.asking.forms import LineForm
from portal.asking.typed import Typed

#: A value and its basis, as they are typed.
Said = tuple[str, str]


@dataclass
class Row:
    """An invoice line, what is left of it, and what is asked for it."""

    line: InvoiceLine
    left: CreditableLine
    form: LineForm
    delivered: Decimal | None = None
    """How much of it came with the delivery that the request began from; None without one."""

    photos: list[Attachment] = field(default_factory=list)
    """The files kept so far that show it."""

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more can be credited of it."""
        return not (self.left.quantity_left or self.left.net_left)

    @property
    def is_asked_for(self) -> bool:
        """Whether anything was typed for it."""
        return bool(self.form["value"].value())

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of it was credited or asked for yet."""
        whole = (self.line.quantity, self.line.net)
        return (self.left.quantity_left, self.left.net_left) == whole

    @property
    def pieces(self) -> Decimal:
        """How many can be asked for at once: of what came with the delivery, else of all."""
        left: Decimal = self.left.quantity_left
        return left if self.delivered is None else min(self.delivered, left)

    def all_left(self, reason: Reason | None = None) -> Said | None:
        """All that is left of it, as one would type it: pieces, else an amount before tax.

        The ``reason`` says whether pieces will do.
        """
        pieces = self.pieces
        if self.line.kind == InvoiceLine.Kind.GOODS and _goes_by(reason, Basis.QUANTITY):
            return (plain_number(pieces), Basis.QUANTITY.value) if pieces else None
        net = self.left.net_left
        return (plain_number(net), Basis.AMOUNT.value) if net else None


@dataclass
class Sale:
    """An invoice with the lines that it is asked about; ``others`` are at hand as well."""

    invoice: Invoice
    rows: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)

    @property
    def all_rows(self) -> list[Row]:
        """Its lines, those in the foreground first."""
        return [*self.rows, *self.others]

    @property
    def has_asked_others(self) -> bool:
        """Whether anything was typed for a line in the background."""
        return any(row.is_asked_for for row in self.others)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more can be credited of the whole invoice."""
        return all(row.is_used_up for row in self.all_rows)


def sales_of(
    invoices: Iterable[Invoice], typed: Typed, data: Any, came: Mapping[int, Decimal]
) -> tuple[list[Sale], Counters]:
    """The invoices with their lines and the counters behind; as many queries for many as for one.

    ``came`` says how much of which lines a delivery brought: these stand in the foreground.
    """
    sales = {invoice.pk: Sale(invoice) for invoice in invoices}
    lines = list(
        InvoiceLine.objects.filter(invoice__in=sales)
        .select_related("product")
        .order_by("invoice_id", "position")
    )
    counters = creditable.look(line.pk for line in lines)
    for line in lines:
        sale = sales[line.invoice_id]
        form = _form(line, typed, data)
        row = Row(line, counters.lines[line.pk], form, came.get(line.pk))
        (sale.rows if line.pk in came else sale.others).append(row)
    for sale in sales.values():
        if not sale.rows:  # it has nothing to do with the delivery, if there is one
            sale.rows, sale.others = sale.others, []
    return list(sales.values()), counters


def _form(line: InvoiceLine, typed: Typed, data: Any) -> LineForm:
    goods = line.kind == InvoiceLine.Kind.GOODS
    initial: Mapping[str, str] = {"basis": Basis.QUANTITY if goods else Basis.AMOUNT}
    unit = units.written(line.unit, units.SEVERAL)
    initial = {**initial, **typed.of_line(line.pk)}
    return LineForm(data, prefix=f"line-{line.pk}", initial=initial, unit=unit)


def _goes_by(reason: Reason | None, basis: Basis) -> bool:
    return reason is None or basis in reason.bases


def plain_number(number: Decimal) -> str:
    """A number as the person would type it: no groups, their own decimal mark."""
    is_french = (get_language() or "").startswith("fr")
    return f"{number.normalize():f}".replace(".", "," if is_french else ".")
