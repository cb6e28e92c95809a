"""One invoice: what was ordered, delivered, charged, paid, credited, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from creditnotes import availability
from creditnotes.access import may_compose
from creditnotes.availability import Holding
from creditnotes.models import CreditableLine, CreditableTax, CreditLine, CreditNote
from customers.access import FINANCE, is_in, may_settle
from customers.applied import applications_of
from customers.forms import DepositForm
from customers.models import Invoice, InvoiceLine, OpenItem, User
from customers.money import ZERO
from customers.views.documents import credit_note_rows
from customers.views.finding import invoice_or_404, signed_in, today_of
from customers.views.history import history_of
from customers.views.shortage import (
    NOTHING,
    Arrival,
    Shortage,
    arrivals_of,
    counter_of,
    reason_for,
    shortages_of,
)


@dataclass(frozen=True)
class LineFacts:
    """An invoice line from order to credit; quantities in its unit, net in the currency."""

    line: InvoiceLine
    arrival: Arrival | None
    creditable: CreditableLine
    holdings: Sequence[Holding]
    shortage: Shortage | None

    @property
    def ordered(self) -> Decimal | None:
        """What was ordered, where an order is known."""
        return self.line.order_line.quantity if self.line.order_line else None

    @property
    def delivered(self) -> Decimal | None:
        """What came, where an order is known."""
        if self.line.order_line is None or self.line.kind != InvoiceLine.Kind.GOODS:
            return None
        return self.arrival.quantity if self.arrival else NOTHING

    @property
    def damaged(self) -> Decimal:
        """What came damaged."""
        return self.arrival.damaged if self.arrival else NOTHING

    @property
    def was_short(self) -> bool:
        """Whether less arrived than was invoiced."""
        return self.delivered is not None and self.delivered < self.line.quantity

    @property
    def is_used_up(self) -> bool:
        """Whether nothing of the line can be credited any more."""
        return not (self.creditable.quantity_left or self.creditable.net_left)


@require_GET
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoice with everything that a credit on it depends on."""
    return invoice_page(request, invoice_or_404(request, pk))


def may_apply_deposits(user: User) -> bool:
    """Whether the person may pay invoices from what customers paid ahead."""
    return is_in(user, FINANCE)


def invoice_page(
    request: HttpRequest, invoice: Invoice, deposit_form: DepositForm | None = None
) -> HttpResponse:
    """The invoice's page; with a ``deposit_form`` that was refused, answered 422."""
    user = signed_in(request)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if deposit_form else HTTPStatus.OK
    lines = _line_facts(invoice, user)
    item = invoice.entry.open_item if invoice.entry else None
    settlements = applications_of(item) if item else []
    notes = _credit_notes_on(invoice, user)
    context = {
        "invoice": invoice,
        "lines": lines,
        "taxes": _taxes(invoice),
        "item": item,
        "settlements": settlements,
        "credit_notes": credit_note_rows(notes),
        "history": history_of(invoice, [each.application for each in settlements], notes),
        "credited_net": sum((facts.creditable.issued_net for facts in lines), ZERO),
        "reserved_net": sum((facts.creditable.reserved_net for facts in lines), ZERO),
        "net_left": sum((facts.creditable.net_left for facts in lines), ZERO),
        "has_order": any(facts.ordered is not None for facts in lines),
        "shortages": [facts.shortage for facts in lines if facts.shortage],
        "is_overdue": bool(item and item.applied < item.amount and invoice.due_on < today_of(user)),
        "shortage_reason": reason_for(invoice.company),
        "may_compose": may_compose(user),
        "deposit_form": deposit_form or _deposit_form(invoice, item, user),
        "discount": sum((facts.line.discount for facts in lines), ZERO),
        "may_settle": may_settle(user, invoice.customer),
        "base_currency": user.company.base_currency if user.company else "",
        "token": uuid4(),
    }
    return render(request, "customers/invoice.html", context, status=status)


def _deposit_form(invoice: Invoice, item: OpenItem | None, user: User) -> DepositForm | None:
    """To pay what is open from what the customer paid ahead, where both are there."""
    if item is None or not item.open or not may_apply_deposits(user):
        return None
    form = DepositForm(invoice)
    held = form.held.first()
    if held is None:
        return None
    form.initial = {"deposit": held, "amount": min(held.held, item.open)}
    return form


def _line_facts(invoice: Invoice, user: User) -> list[LineFacts]:
    lines = list(
        invoice.lines.select_related("product", "order_line", "creditable").prefetch_related(
            "taxes"
        )
    )
    arrivals = arrivals_of([line.order_line_id for line in lines if line.order_line_id])
    shortages = shortages_of(arrivals)
    holdings = availability.holdings_of([line.pk for line in lines], user)
    return [
        LineFacts(
            line,
            arrivals.get(line.order_line_id or 0),
            counter_of(line),
            holdings.get(line.pk, ()),
            shortages.get(line.pk),
        )
        for line in lines
    ]


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


def _credit_notes_on(invoice: Invoice, user: User) -> list[CreditNote]:
    lines = CreditLine.objects.filter(creditable__invoice=invoice)
    notes = CreditNote.objects.visible_to(user).filter(pk__in=lines.values("note"))
    return list(notes.with_parties().order_by("-created_at", "-pk"))
