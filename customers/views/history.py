"""What happened to an invoice, from the order to the last credit, in the order of the days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from creditnotes.models import CreditNote
from customers.models import Application, Invoice
from customers.templatetags.display import money


@dataclass(frozen=True)
class Moment:
    """One thing that happened on a day."""

    on: date
    what: str
    detail: str = ""
    url: str = ""
    kind: str = ""


def history_of(
    invoice: Invoice, settlements: Sequence[Application], notes: Sequence[CreditNote]
) -> list[Moment]:
    """The invoice's life; of credit notes only those given, which the reader may see."""
    moments = [*_delivered(invoice), *_invoiced(invoice)]
    moments += [moment for note in notes for moment in _credited(note)]
    moments += _settled(invoice, settlements)
    return sorted(moments, key=lambda moment: moment.on)


def _delivered(invoice: Invoice) -> Iterator[Moment]:
    order = invoice.order
    if order is None:
        return
    url = reverse("customers:order", args=[order.pk])
    yield Moment(order.ordered_on, _("Ordered"), order.number, url, "ordered")
    for delivery in order.deliveries.order_by("delivered_on", "pk"):
        words = " · ".join(part for part in (delivery.number, delivery.remark) if part)
        yield Moment(delivery.delivered_on, _("Delivered"), words, url, "delivered")


def _invoiced(invoice: Invoice) -> Iterator[Moment]:
    total = money(invoice.total, invoice.currency)
    yield Moment(invoice.issued_on, _("Invoiced"), total, kind="invoiced")


def _settled(invoice: Invoice, settlements: Sequence[Application]) -> Iterator[Moment]:
    for settlement in settlements:
        entry: Any = settlement.payer.entry
        what = _("Taken back") if settlement.undoes_id else _("Applied")
        amount = money(settlement.amount, invoice.currency)
        detail = f"{entry.get_kind_display()} {entry.reference} · {amount}"
        yield Moment(settlement.applied_on, what, detail, kind="settled")


def _credited(note: CreditNote) -> Iterator[Moment]:
    url = reverse("creditnotes:credit_note", args=[note.pk])
    amount = money(note.total, note.currency)
    begun = timezone.localtime(note.created_at).date()
    detail = " · ".join(str(part) for part in (note.reference, note.reason) if part)
    yield Moment(begun, _("Credit note started"), detail, url, "started")
    if hasattr(note, "document"):
        issued = f"{note.document.number} · {amount}"
        yield Moment(note.document.issued_on, _("Credit note issued"), issued, url, "issued")
