"""From an entry to its document, where the reader may see it; from a document to its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from creditnotes.models import CreditNote, DebitNote, GoodsReceipt, IssuedDocument
from customers.models import (
    Customer,
    CustomerDeposit,
    DepositUse,
    Invoice,
    JournalEntry,
    Payment,
    Refund,
    User,
    WriteOff,
)

Ids = Iterable[int]


@dataclass(frozen=True)
class DocumentLink:
    """What an entry posts: what it is called, and where it is shown."""

    label: str
    url: str


Finder = Callable[[User, Ids], Mapping[int, DocumentLink]]


def _invoices(user: User, entries: Ids) -> dict[int, DocumentLink]:
    rows = Invoice.objects.visible_to(user).filter(entry__in=entries)
    return {
        entry: DocumentLink(number, reverse("customers:invoice", args=[pk]))
        for entry, pk, number in rows.values_list("entry", "pk", "number")
    }


def _payments(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """A payment is shown among what its customer paid."""
    rows = Payment.objects.visible_to(user).filter(entry__in=entries)
    return {
        entry: DocumentLink(number, reverse("customers:customer", args=[customer]))
        for entry, customer, number in rows.values_list("entry", "customer", "number")
    }


def _credit_notes(user: User, entries: Ids) -> dict[int, DocumentLink]:
    rows = IssuedDocument.objects.filter(
        entry__in=entries, note__in=CreditNote.objects.visible_to(user)
    )
    return _of_notes(rows.values_list("entry", "note", "number"))


def _debit_notes(user: User, entries: Ids) -> dict[int, DocumentLink]:
    rows = DebitNote.objects.filter(entry__in=entries, note__in=CreditNote.objects.visible_to(user))
    return _of_notes(rows.values_list("entry", "note", "number"))


def _of_notes(rows: Iterable[tuple[int | None, int, str]]) -> dict[int, DocumentLink]:
    return {
        entry: DocumentLink(number, reverse("creditnotes:credit_note", args=[note]))
        for entry, note, number in rows
        if entry
    }


def _deposits(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """A deposit is shown on its customer's page."""
    rows = CustomerDeposit.objects.visible_to(user).filter(entry__in=entries)
    return {
        entry: DocumentLink(number, reverse("customers:customer", args=[customer]))
        for entry, customer, number in rows.values_list("entry", "customer", "number")
    }


def _uses_of_deposits(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """A deposit's use is shown on the invoice that it paid."""
    rows = DepositUse.objects.filter(
        entry__in=entries, invoice__in=Invoice.objects.visible_to(user)
    )
    return {
        entry: DocumentLink(number, reverse("customers:invoice", args=[invoice]))
        for entry, invoice, number in rows.values_list("entry", "invoice", "invoice__number")
    }


def _goods_back(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """Goods that came back are shown on the credit note for which they did."""
    rows = GoodsReceipt.objects.filter(
        entry__in=entries, note__in=CreditNote.objects.visible_to(user)
    ).select_related("note")
    return {
        row.entry_id: DocumentLink(
            row.reference, reverse("creditnotes:credit_note", args=[row.note_id])
        )
        for row in rows
        if row.entry_id
    }


def _refunds(user: User, entries: Ids) -> dict[int, DocumentLink]:
    rows = Refund.objects.filter(entry__in=entries, customer__in=Customer.objects.visible_to(user))
    return {
        row.entry_id: DocumentLink(row.reference, reverse("customers:refund", args=[row.pk]))
        for row in rows
        if row.entry_id
    }


def _write_offs(user: User, entries: Ids) -> dict[int, DocumentLink]:
    rows = WriteOff.objects.visible_to(user).filter(entry__in=entries)
    return {
        entry: DocumentLink(number, reverse("books:write_off", args=[pk]))
        for entry, pk, number in rows.values_list("entry", "pk", "number")
    }


Kind = JournalEntry.Kind
#: Kind of entry → who finds its documents.
FINDERS: dict[str, list[Finder]] = {
    Kind.INVOICE: [_invoices],
    Kind.PAYMENT: [_payments, _deposits],
    Kind.DEPOSIT: [_uses_of_deposits],
    Kind.RESTOCK: [_goods_back],
    Kind.REFUND: [_refunds],
    Kind.CREDIT_NOTE: [_credit_notes],
    Kind.REVERSAL: [_debit_notes, _write_offs],
    Kind.WRITE_OFF: [_write_offs],
    Kind.BAD_DEBT: [_write_offs],
    Kind.RECOVERY: [_write_offs],
}


def documents_of(user: User, entries: Iterable[JournalEntry]) -> dict[int, DocumentLink]:
    """The documents of these entries by the entries' ids, in one query for each kind."""
    by_kind: dict[str, list[int]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry.pk)
    found: dict[int, DocumentLink] = {}
    for kind, ids in by_kind.items():
        for find in FINDERS.get(kind, ()):
            found |= find(user, ids)
    return found
