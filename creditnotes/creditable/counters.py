"""The counters behind invoice lines and taxes: read, or locked, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from creditnotes.creditable.claims import Claim, invoices_of, lines_of
from creditnotes.models import CreditableLine, CreditableTax
from customers.models import Invoice, InvoiceLine, InvoiceLineTax, InvoiceTax, TaxRounding


@dataclass(frozen=True)
class Counters:
    """The counters of some invoices: lines by invoice line, taxes with the lines that bear them."""

    lines: dict[int, CreditableLine]
    taxes: dict[int, CreditableTax]
    taxes_of_line: dict[int, list[int]]
    invoices: dict[int, Invoice] = field(default_factory=dict)

    def taxes_on(self, invoice_id: int, kind: str) -> list[CreditableTax]:
        """The counters of one kind of tax on an invoice, in id order."""
        return [
            tax
            for _, tax in sorted(self.taxes.items())
            if tax.invoice_id == invoice_id and tax.kind == kind
        ]


def ensure_counters(invoices: Iterable[Invoice]) -> None:
    """Make the counters of these invoices where nobody has yet; the database fills them in."""
    invoices = list(invoices)
    known = set(
        CreditableLine.objects.filter(invoice__in=invoices).values_list("invoice_id", flat=True)
    )
    for invoice in invoices:
        if invoice.pk not in known:
            _make_counters(invoice)


def _make_counters(invoice: Invoice) -> None:
    line_ids = (
        InvoiceLine.objects.filter(invoice=invoice).order_by("pk").values_list("pk", flat=True)
    )
    if invoice.tax_rounding == TaxRounding.LINE:
        taxes = [
            CreditableTax(
                invoice=invoice,
                invoice_line_id=tax.line_id,
                kind=tax.kind,
                province=tax.province,
                rate=tax.rate,
            )
            for tax in InvoiceLineTax.objects.filter(line__invoice=invoice).order_by("pk")
        ]
    else:
        taxes = [
            CreditableTax(invoice=invoice, kind=tax.kind, province=tax.province, rate=tax.rate)
            for tax in InvoiceTax.objects.filter(invoice=invoice).order_by("pk")
        ]
    CreditableTax.objects.bulk_create(taxes, ignore_conflicts=True)
    CreditableLine.objects.bulk_create(
        [CreditableLine(invoice_line_id=pk, invoice=invoice) for pk in line_ids],
        ignore_conflicts=True,
    )


def look(line_ids: Iterable[int], invoice_ids: Iterable[int] = ()) -> Counters:
    """The counters behind these invoice lines, and of all taxes of these invoices, as of now."""
    return _counters(set(line_ids), set(invoice_ids), locked=False)


def lock(line_ids: Iterable[int], invoice_ids: Iterable[int] = ()) -> Counters:
    """The same, locked in id order until the transaction ends."""
    return _counters(set(line_ids), set(invoice_ids), locked=True)


def look_for(claims: Sequence[Claim]) -> Counters:
    """The counters that these claims are on, as of now."""
    return look(lines_of(claims), invoices_of(claims))


def lock_for(claims: Sequence[Claim]) -> Counters:
    """The counters that these claims are on, locked in id order until the transaction ends."""
    return lock(lines_of(claims), invoices_of(claims))


def _counters(line_ids: set[int], invoice_ids: set[int], *, locked: bool) -> Counters:
    if invoice_ids:
        _ensure_all(line_ids, invoice_ids)
    line_of, invoice_of = _lines(line_ids, invoice_ids, locked=locked)
    if len(line_of) < len(line_ids):
        _ensure_all(line_ids, invoice_ids)
        line_of, invoice_of = _lines(line_ids, invoice_ids, locked=locked)
    taxes = (
        CreditableTax.objects.filter(invoice__in=invoice_of)
        .filter(
            Q(invoice_line__isnull=True) | Q(invoice_line__in=line_ids) | Q(invoice__in=invoice_ids)
        )
        .annotate(borne_by=ArraySubquery(_bearers(line_of)))
        .order_by("pk")
    )
    if locked:
        taxes = taxes.select_for_update(of=("self",))
    taxes_of_line: dict[int, list[int]] = {pk: [] for pk in line_of}
    for tax in taxes:
        for line_id in tax.borne_by or ():  # NULL where no line is asked for
            taxes_of_line[line_id].append(tax.pk)
    tax_of: dict[int, CreditableTax] = {tax.pk: tax for tax in taxes}
    return Counters(line_of, tax_of, taxes_of_line, invoice_of)


def _bearers(lines: Iterable[int]) -> QuerySet[Any, Any]:
    """Which of the invoice lines fall under a tax counter."""
    levies = InvoiceLineTax.objects.filter(
        line__in=lines,
        line=Coalesce(OuterRef("invoice_line"), F("line")),
        line__invoice=OuterRef("invoice"),
        kind=OuterRef("kind"),
        rate=OuterRef("rate"),
    )
    return levies.values("line")


def _lines(
    line_ids: set[int], invoice_ids: set[int], *, locked: bool
) -> tuple[dict[int, CreditableLine], dict[int, Invoice]]:
    """The lines asked for, and the invoices that they and ``invoice_ids`` stand for.

    Where some are not made yet none is locked, so that locks go up in id order later too.
    """
    lines = CreditableLine.objects.filter(pk__in=line_ids)
    if locked or invoice_ids:
        lines = _with_invoices(lines, invoice_ids)
    if locked:
        lines = lines.alias(made=_made(line_ids)).filter(made=len(line_ids))
        lines = lines.select_for_update(of=("self",))
    found = lines.select_related("invoice", "invoice_line").order_by("pk")
    rows = {line.pk: line for line in found}
    invoices = {line.invoice_id: line.invoice for line in rows.values()}
    return {pk: line for pk, line in rows.items() if pk in line_ids}, invoices


def _made(line_ids: set[int]) -> Coalesce:
    """How many of these lines have a counter."""
    made = CreditableLine.objects.filter(pk__in=line_ids).order_by().values(one=Value(1))
    return Coalesce(Subquery(made.annotate(count=Count("pk")).values("count")), 0)


def _with_invoices(
    lines: QuerySet[CreditableLine], invoice_ids: set[int]
) -> QuerySet[CreditableLine]:
    """These and the first line of each of their invoices, which stands for the invoice.

    Thus credits on one invoice come one after the other even where they share no
    counter, and each counts the ones before it against the limits (rule 6).
    """
    firsts = (
        CreditableLine.objects.filter(
            Q(invoice__in=invoice_ids) | Q(invoice__in=lines.values("invoice"))
        )
        .order_by()
        .values("invoice")
        .annotate(first=Min("pk"))
    )
    both = lines.values("pk").union(firsts.values("first"))
    return CreditableLine.objects.filter(pk__in=both)


def _ensure_all(line_ids: set[int], invoice_ids: set[int]) -> None:
    """Make what is missing before anything is locked, so that locks go up in id order."""
    known = CreditableLine.objects.filter(pk__in=line_ids).values_list("pk", flat=True)
    missing = Q(lines__in=line_ids - set(known)) | Q(
        pk__in=invoice_ids, creditable_lines__isnull=True
    )
    if line_ids - set(known) or invoice_ids:
        ensure_counters(Invoice.objects.filter(missing).order_by("pk").distinct())
