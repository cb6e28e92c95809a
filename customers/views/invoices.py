"""Invoices: the list, and one invoice with what was credited of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from creditnotes.access import may_compose
from creditnotes.models import CreditableLine, CreditableTax, CreditLine, CreditNote
from customers.browsing import INVOICE_ORDERS, invoices_narrowed
from customers.forms import INVOICE_SORTS, InvoicesFilter
from customers.models import Application, DeliveryLine, Invoice, InvoiceLine, User
from customers.money import ZERO
from customers.paging import page_of
from customers.querysets import BelongsToCustomerQuerySet
from customers.spreadsheets import as_csv
from customers.views.finding import invoice_or_404, signed_in, today_of


@require_GET
def invoices(request: HttpRequest) -> HttpResponseBase:
    """The invoices that this person may see: searched, narrowed, sorted, page by page."""
    user = signed_in(request)
    today = today_of(user)
    form = InvoicesFilter(request.GET, user=user)
    form.is_valid()  # what is wrong in the address is left out
    filters = form.cleaned_data
    order = INVOICE_ORDERS[filters.get("sort") or INVOICE_SORTS[0][0]]
    found = invoices_narrowed(user, filters, today)
    if request.GET.get("as") == "csv":
        return _as_csv(found.order_by(*order))
    context = {
        "form": form,
        "page": page_of(found, order, request.GET),
        "today": today,
        "customer": filters.get("customer"),
        "is_narrowed": any(value for name, value in filters.items() if name != "sort"),
    }
    return render(request, "customers/invoices.html", context)


def _as_csv(found: BelongsToCustomerQuerySet) -> HttpResponseBase:
    header = [
        _("Number"),
        _("Date"),
        _("Due"),
        _("Customer number"),
        _("Customer"),
        _("Customer's reference"),
        _("Net"),
        _("Tax"),
        _("Total"),
        _("To be paid"),
        _("Currency"),
    ]
    return as_csv("invoices", header, _csv_rows(found))


def _csv_rows(found: BelongsToCustomerQuerySet) -> Iterator[list[Any]]:
    for invoice in found.iterator(chunk_size=500):
        yield [
            invoice.number,
            invoice.issued_on,
            invoice.due_on,
            invoice.customer.number,
            invoice.customer.name,
            invoice.customer_reference,
            invoice.net,
            invoice.tax_total,
            invoice.total,
            invoice.left_to_pay,
            invoice.currency,
        ]


@dataclass(frozen=True)
class LineFacts:
    """An invoice line from order to credit; quantities in its unit, net in the currency."""

    line: InvoiceLine
    ordered: Decimal | None
    delivered: Decimal | None
    damaged: Decimal
    creditable: CreditableLine

    @property
    def was_short(self) -> bool:
        """Whether less arrived than was invoiced."""
        return self.delivered is not None and self.delivered < self.line.quantity


@require_GET
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """One invoice: what was ordered, delivered, charged, paid, credited, and what is left."""
    invoice = invoice_or_404(request, pk)
    user = signed_in(request)
    lines = _line_facts(invoice)
    item = invoice.entry.open_item if invoice.entry else None
    context = {
        "invoice": invoice,
        "lines": lines,
        "taxes": _taxes(invoice),
        "item": item,
        "settlements": _settlements(item.pk) if item else [],
        "credit_notes": _credit_notes_on(invoice, user),
        "credited_net": sum((facts.creditable.issued_net for facts in lines), ZERO),
        "reserved_net": sum((facts.creditable.reserved_net for facts in lines), ZERO),
        "net_left": sum((facts.creditable.net_left for facts in lines), ZERO),
        "has_order": any(facts.ordered is not None for facts in lines),
        "is_overdue": bool(item and item.applied < item.amount and invoice.due_on < today_of(user)),
        "may_compose": may_compose(user),
    }
    return render(request, "customers/invoice.html", context)


def _line_facts(invoice: Invoice) -> list[LineFacts]:
    lines = list(
        invoice.lines.select_related("product", "order_line", "creditable").prefetch_related(
            "taxes"
        )
    )
    delivered = _delivered([line.order_line_id for line in lines if line.order_line_id])
    return [
        LineFacts(
            line,
            line.order_line.quantity if line.order_line else None,
            delivered.get(line.order_line_id, (ZERO, ZERO))[0] if line.order_line else None,
            delivered.get(line.order_line_id, (ZERO, ZERO))[1],
            _creditable(line),
        )
        for line in lines
    ]


def _delivered(order_line_ids: Sequence[int]) -> dict[int | None, tuple[Decimal, Decimal]]:
    """What arrived of each order line, and how much of that damaged."""
    damaged = Q(condition=DeliveryLine.Condition.DAMAGED)
    rows = (
        DeliveryLine.objects.filter(order_line__in=order_line_ids)
        .values("order_line")
        .annotate(
            arrived=Sum("quantity"), damaged=Sum("quantity", filter=damaged, default=Decimal(0))
        )
        .values_list("order_line", "arrived", "damaged")
    )
    return {pk: (arrived, broken) for pk, arrived, broken in rows}


def _creditable(line: InvoiceLine) -> CreditableLine:
    """The line's counter; while nobody has credited anything there is none, and all is left."""
    if hasattr(line, "creditable"):
        return line.creditable
    return CreditableLine(
        invoice_line_id=line.pk, charged_quantity=line.quantity, charged_net=line.net
    )


def _taxes(invoice: Invoice) -> list[dict[str, Any]]:
    """Each tax the invoice charged, with what was credited and reserved of it."""
    used = {
        (kind, rate): (issued, reserved)
        for kind, rate, issued, reserved in CreditableTax.objects.filter(invoice=invoice)
        .values("kind", "rate")
        .annotate(issued=Sum("issued_amount"), reserved=Sum("reserved_amount"))
        .values_list("kind", "rate", "issued", "reserved")
    }
    return [
        {"tax": tax, "issued": issued, "reserved": reserved}
        for tax in invoice.taxes.order_by("kind", "rate")
        for issued, reserved in [used.get((tax.kind, tax.rate), (ZERO, ZERO))]
    ]


def _settlements(item_id: int) -> list[Application]:
    """Payments and credits applied to the invoice, those undone included."""
    return list(
        Application.objects.filter(invoice=item_id)
        .select_related("payer__entry", "applied_by")
        .order_by("applied_on", "pk")
    )


def _credit_notes_on(invoice: Invoice, user: User) -> list[CreditNote]:
    lines = CreditLine.objects.filter(creditable__invoice=invoice)
    notes = CreditNote.objects.visible_to(user).filter(pk__in=lines.values("note"))
    return list(notes.with_parties().order_by("-created_at", "-pk"))
