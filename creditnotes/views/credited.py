"""What a credit note credits, invoice by invoice, with what it leaves of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext as _

from creditnotes import availability
from creditnotes.amounts import LineLeft
from creditnotes.availability import Holding
from creditnotes.models import CLOSED, Basis, CreditLine, CreditNote, CreditTax, Hold
from creditnotes.views.totals import InvoiceTotals, Part, standing_of
from customers.models import Invoice, InvoiceLine, User
from customers.money import ZERO


@dataclass(frozen=True)
class CreditedLine:
    """One line of the note, and what is left of the invoice line with all credits so far."""

    line: CreditLine
    rest: LineLeft

    @property
    def charged(self) -> InvoiceLine:
        """The invoice line."""
        return self.line.counter.invoice_line


@dataclass(frozen=True)
class CreditedInvoice:
    """One invoice with the note's lines on it; totals but for a note that came to nothing.

    ``taxes`` are the lines that give back tax alone.
    """

    invoice: Invoice
    lines: Sequence[CreditedLine]
    taxes: Sequence[CreditLine]
    totals: InvoiceTotals | None


def credited_of(note: CreditNote, user: User) -> list[CreditedInvoice]:
    """The invoices that the note credits, in the order of its lines.

    The note's lines and taxes are fetched for good, for whoever shows them next.
    """
    lines = CreditLine.objects.order_by("position").select_related(
        "invoice__entry__open_item", "creditable__invoice_line__product"
    )
    taxes = CreditTax.objects.order_by("creditable_id").select_related("creditable")
    prefetch_related_objects([note], Prefetch("lines", lines), Prefetch("taxes", taxes))
    groups: dict[Invoice, list[CreditLine]] = {}
    for line in note.lines.all():
        if line.invoice is not None:
            groups.setdefault(line.invoice, []).append(line)
    totals = {} if note.state in CLOSED else _totals(note, list(groups), user)
    return [
        CreditedInvoice(
            invoice,
            [CreditedLine(line, _rest(note, line)) for line in own if line.creditable_id],
            [line for line in own if line.basis == Basis.TAX],
            totals.get(invoice.pk),
        )
        for invoice, own in groups.items()
    ]


def goodwill_of(note: CreditNote) -> list[CreditLine]:
    """The lines that no invoice charged."""
    return [line for line in note.lines.all() if line.basis == Basis.GOODWILL]


def tax_words_of(note: CreditNote) -> str:
    """Whether the note gives tax back with its nets; empty where no invoice line is credited."""
    said = {line.price_only for line in note.lines.all() if line.creditable_id}
    if len(said) > 1:
        return _("Adjusted, but for lines that are price only")
    return {True: _("Price only"), False: _("Tax adjusted")}[said.pop()] if said else ""


def _rest(note: CreditNote, line: CreditLine) -> LineLeft:
    """What is left of the invoice line; a draft holds nothing yet, so its own is taken off."""
    left = LineLeft(line.counter.quantity_left, line.counter.net_left)
    if note.hold != Hold.NONE or note.state in CLOSED:
        return left
    return LineLeft(max(left.quantity - line.quantity, ZERO), max(left.net - line.taken, ZERO))


def _totals(note: CreditNote, invoices: Sequence[Invoice], user: User) -> dict[int, InvoiceTotals]:
    line_ids = InvoiceLine.objects.filter(invoice__in=invoices).values_list("pk", flat=True)
    counters = availability.look(line_ids, besides=note)
    held = availability.held_lines(counters)
    holdings = availability.holdings_of(held, user, besides=note)
    part = Part()
    for line in note.lines.all():
        if line.creditable_id:
            part.add_line(line.creditable_id, line.net, line.fee)
    for tax in note.taxes.all():
        part.add_tax(tax.creditable_id, tax.amount, tax.withheld)
    holders: dict[int, list[Holding]] = {invoice.pk: [] for invoice in invoices}
    for pk, held_of_line in holdings.items():
        holders[counters.lines[pk].invoice_id] += held_of_line
    totals = {
        invoice.pk: standing_of(invoice, counters, part, holders[invoice.pk])
        for invoice in invoices
    }
    if note.hold == Hold.ISSUED:
        return {pk: replace(each, is_issued=True) for pk, each in totals.items()}
    return totals
