"""What became of an issued credit: applied to which invoices, and what is on account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from creditnotes.models import CreditNote, State
from customers.models import Application, Invoice, OpenItem


@dataclass(frozen=True)
class Applied:
    """A part of the credit that settles an invoice."""

    application: Application
    invoice: Invoice | None


@dataclass(frozen=True)
class Settlement:
    """An issued credit: where it is applied now, and what nobody has used of it yet."""

    parts: Sequence[Applied]
    on_account: Decimal
    total: Decimal
    #: The page on which it is applied, taken back and refunded.
    item_id: int


def settlement_of(note: CreditNote, applications: Sequence[Application]) -> Settlement | None:
    """How the credit is applied; None for one that is not issued, or came to nothing."""
    if note.state != State.ISSUED:
        return None
    item = OpenItem.objects.filter(entry__credit_document__note=note).first()
    if item is None:
        return None
    entries = [each.invoice.entry_id for each in applications]
    invoices = {invoice.entry_id: invoice for invoice in Invoice.objects.filter(entry__in=entries)}
    parts = [Applied(each, invoices.get(each.invoice.entry_id)) for each in applications]
    return Settlement(parts, item.open, item.amount, item.pk)
