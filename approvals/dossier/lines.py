"""The credited invoice lines: what was ordered, delivered, charged, credited, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from approvals.margin import Sold
from creditnotes.models import Basis, CreditLine, CreditNote, Hold
from customers.models import DeliveryLine, Invoice, InvoiceLine, OpenItem, Order, Product
from customers.money import ZERO, extend


@dataclass(frozen=True)
class Part:
    """A part of an invoice line: pieces, and what they come to before tax."""

    quantity: Decimal
    net: Decimal


@dataclass(frozen=True)
class LineFacts:
    """One credited invoice line, from the order to what this credit leaves of it."""

    line: CreditLine
    ordered: Decimal | None
    delivered: Decimal | None
    damaged: Decimal | None
    credited: Part
    reserved: Part
    left: Part

    @property
    def charged(self) -> InvoiceLine:
        """The invoice line."""
        return self.line.counter.invoice_line

    @property
    def product(self) -> Product | None:
        """What was sold, where it is in the catalogue."""
        return self.charged.product

    @property
    def missing(self) -> Decimal:
        """How much was invoiced that no delivery brought, where any is known."""
        return ZERO if self.delivered is None else max(self.charged.quantity - self.delivered, ZERO)


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice on the note, with its order and its lines that are credited.

    ``taxes_alone`` are the note's tax adjustments on it, which no line of it is credited for.
    """

    invoice: Invoice
    lines: Sequence[LineFacts]
    taxes_alone: Sequence[CreditLine] = ()

    @property
    def order(self) -> Order | None:
        """What it invoices."""
        return self.invoice.order

    @property
    def open_item(self) -> OpenItem | None:
        """What is paid of it and what is open; an invoice of nothing has none."""
        return getattr(self.invoice.entry, "open_item", None)


def lines_of(note: CreditNote) -> QuerySet[CreditLine]:
    """All lines of the note, with what the decision page shows of each, in one query."""
    deliveries = (
        DeliveryLine.objects.filter(order_line=OuterRef("creditable__invoice_line__order_line"))
        .order_by()
        .values("order_line")
    )
    damaged = deliveries.filter(condition=DeliveryLine.Condition.DAMAGED)
    return (
        note.lines.select_related(
            "invoice__order",
            "invoice__entry__open_item",
            "creditable__invoice_line__product",
            "creditable__invoice_line__order_line",
        )
        .annotate(
            delivered=Subquery(deliveries.annotate(sum=Sum("quantity")).values("sum")),
            damaged=Subquery(damaged.annotate(sum=Sum("quantity")).values("sum")),
        )
        .order_by("position")
    )


def by_invoice(lines: Sequence[CreditLine], facts: Sequence[LineFacts]) -> list[InvoiceFacts]:
    """The invoices of all ``lines``, in order, with ``facts`` of their lines."""
    invoices = dict.fromkeys(line.invoice for line in lines if line.invoice)
    return [
        InvoiceFacts(
            invoice,
            [each for each in facts if each.line.invoice_id == invoice.pk],
            [line for line in lines if line.invoice == invoice and line.basis == Basis.TAX],
        )
        for invoice in invoices
    ]


def facts_of(note: CreditNote, lines: Sequence[CreditLine]) -> list[LineFacts]:
    """The facts of the invoice lines credited; a note may credit one of them in several rows."""
    lines = [line for line in lines if line.creditable_id]
    own: dict[int, Part] = {}
    for line in lines:
        so_far = own.get(line.counter.pk, Part(ZERO, ZERO))
        own[line.counter.pk] = Part(so_far.quantity + line.quantity, so_far.net + line.taken)
    return [_line(line, note, own[line.counter.pk]) for line in lines]


def _line(line: CreditLine, note: CreditNote, own: Part) -> LineFacts:
    """The line's facts; the note's ``own`` part is neither credited nor reserved *before*."""
    counter, ordered = line.counter, line.counter.invoice_line.order_line
    credited = Part(counter.issued_quantity, counter.issued_net)
    reserved = Part(counter.reserved_quantity, counter.reserved_net)
    left = Part(counter.quantity_left, counter.net_left)
    match note.hold:
        case Hold.ISSUED:
            credited = _less(credited, own)
        case Hold.RESERVED:
            reserved = _less(reserved, own)
        case _:
            left = _less(left, own)
    return LineFacts(
        line=line,
        ordered=ordered.quantity if ordered else None,
        delivered=getattr(line, "delivered", None),
        damaged=getattr(line, "damaged", None),
        credited=credited,
        reserved=reserved,
        left=left,
    )


def _less(part: Part, own: Part) -> Part:
    return Part(part.quantity - own.quantity, part.net - own.net)


def sold(facts: LineFacts, note: CreditNote) -> Sold:
    line, charged = facts.line, facts.charged
    unit_cost = charged.product.unit_cost if charged.product else None
    comes_back = bool(note.reason and note.reason.needs_return)
    return Sold(
        net=charged.net - facts.credited.net,
        cost=None if unit_cost is None else extend(charged.quantity, unit_cost),
        credit=line.net,
        cost_back=extend(line.quantity, unit_cost) if unit_cost and comes_back else ZERO,
    )
