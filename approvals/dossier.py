"""Everything a decision needs, gathered in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from approvals.course import Stop, course_of
from approvals.margin import Margin, Sold, margin_of
from approvals.models import Decision
from creditnotes.models import (
    CLOSED,
    Attachment,
    CreditLine,
    CreditNote,
    CreditTax,
    Event,
    Hold,
    State,
)
from creditnotes.telling import words_in
from customers.exposure import Exposure, exposure_of
from customers.models import (
    Customer,
    CustomerNote,
    DeliveryLine,
    Invoice,
    InvoiceLine,
    OpenItem,
    Order,
    Product,
    User,
)
from customers.money import HUNDRED, ZERO, extend

#: How many similar decisions, duplicates and customer notes are shown.
FEW = 5
A_YEAR = timedelta(days=365)


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
        return self.line.creditable.invoice_line

    @property
    def product(self) -> Product | None:
        """What was sold, where it is in the catalogue."""
        return self.charged.product


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice on the note, with its order and its lines that are credited."""

    invoice: Invoice
    lines: Sequence[LineFacts]

    @property
    def order(self) -> Order | None:
        """What it invoices."""
        return self.invoice.order

    @property
    def open_item(self) -> OpenItem | None:
        """What is paid of it and what is open; an invoice of nothing has none."""
        return getattr(self.invoice.entry, "open_item", None)


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


@dataclass(frozen=True)
class Dossier:
    """What the decision page shows."""

    note: CreditNote
    customer: CustomerFacts
    invoices: Sequence[InvoiceFacts]
    taxes: Sequence[CreditTax]
    attachments: Sequence[Attachment]
    events: Sequence[Event]
    course: Sequence[Stop]
    margin: Margin | None
    similar: Sequence[Decision]
    duplicates: Sequence[CreditNote]

    @property
    def stop(self) -> Stop | None:
        """The step that waits now."""
        return next((stop for stop in self.course if stop.is_open), None)

    @property
    def customers_words(self) -> str:
        """What the customer told us with their request."""
        return words_in(self.events)

    @property
    def following(self) -> Sequence[Stop]:
        """Who decides after it."""
        return [stop for stop in self.course if stop.is_waiting]

    @property
    def above_offer(self) -> Decimal | None:
        """By how much the credit exceeds the standard offer, before tax; negative is below."""
        return self.note.net - self.note.offer_net if self.note.offer_percent else None


def dossier_of(note: CreditNote, user: User, moment: datetime) -> Dossier:
    """All about ``note`` that ``user`` may see."""
    lines = _facts(note)
    return Dossier(
        note=note,
        customer=_customer(note, moment),
        invoices=_by_invoice(lines),
        taxes=list(note.taxes.select_related("creditable").order_by("creditable_id")),
        attachments=list(note.attachments.all()),
        events=list(note.events.select_related("actor", "on_behalf_of")),
        course=course_of(note, moment, user),
        margin=margin_of(_sold(line, note) for line in lines),
        similar=list(_similar(note, user)),
        duplicates=list(_duplicates(note, user)),
    )


def _lines(note: CreditNote) -> QuerySet[CreditLine]:
    deliveries = (
        DeliveryLine.objects.filter(order_line=OuterRef("creditable__invoice_line__order_line"))
        .order_by()
        .values("order_line")
    )
    damaged = deliveries.filter(condition=DeliveryLine.Condition.DAMAGED)
    return (
        note.lines.select_related(
            "creditable__invoice__order",
            "creditable__invoice__entry__open_item",
            "creditable__invoice_line__product",
            "creditable__invoice_line__order_line",
        )
        .annotate(
            delivered=Subquery(deliveries.annotate(sum=Sum("quantity")).values("sum")),
            damaged=Subquery(damaged.annotate(sum=Sum("quantity")).values("sum")),
        )
        .order_by("position")
    )


def _by_invoice(lines: Sequence[LineFacts]) -> list[InvoiceFacts]:
    groups: dict[Invoice, list[LineFacts]] = {}
    for facts in lines:
        groups.setdefault(facts.line.creditable.invoice, []).append(facts)
    return [InvoiceFacts(invoice, facts) for invoice, facts in groups.items()]


def _facts(note: CreditNote) -> list[LineFacts]:
    """The facts of all lines; a note may credit one invoice line in several rows."""
    lines = list(_lines(note))
    own: dict[int, Part] = {}
    for line in lines:
        so_far = own.get(line.creditable_id, Part(ZERO, ZERO))
        own[line.creditable_id] = Part(so_far.quantity + line.quantity, so_far.net + line.net)
    return [_line(line, note, own[line.creditable_id]) for line in lines]


def _line(line: CreditLine, note: CreditNote, own: Part) -> LineFacts:
    """The line's facts; the note's ``own`` part is neither credited nor reserved *before*."""
    counter, ordered = line.creditable, line.creditable.invoice_line.order_line
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


def _sold(facts: LineFacts, note: CreditNote) -> Sold:
    line, charged = facts.line, facts.charged
    unit_cost = charged.product.unit_cost if charged.product else None
    comes_back = bool(note.reason and note.reason.needs_return)
    return Sold(
        net=charged.net - facts.credited.net,
        cost=None if unit_cost is None else extend(charged.quantity, unit_cost),
        credit=line.net,
        cost_back=extend(line.quantity, unit_cost) if unit_cost and comes_back else ZERO,
    )


def _customer(note: CreditNote, moment: datetime) -> CustomerFacts:
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


def _similar(note: CreditNote, user: User) -> QuerySet[Decision]:
    """The latest final decisions for the same customer or reason, of notes one may see."""
    alike = Q(note__customer=note.customer_id) | Q(note__reason=note.reason_id)
    return (
        Decision.objects.filter(
            alike,
            note__in=CreditNote.objects.visible_to(user),
            verdict__in=[Decision.Verdict.APPROVE, Decision.Verdict.REJECT],
        )
        .exclude(note=note)
        .select_related("note__customer", "note__reason", "actor")
        .order_by("-id")[:FEW]
    )


def _duplicates(note: CreditNote, user: User) -> QuerySet[CreditNote]:
    """Other notes, open or issued, that credit the same invoice lines."""
    same = CreditLine.objects.filter(creditable__in=note.lines.values("creditable")).values("note")
    notes: QuerySet[CreditNote] = (
        CreditNote.objects.visible_to(user)
        .filter(pk__in=same)
        .exclude(pk=note.pk)
        .exclude(state__in=CLOSED)
        .select_related("reason", "owner", "document")
        .order_by(F("submitted_at").desc(nulls_last=True), "-pk")
    )
    return notes[:FEW]
