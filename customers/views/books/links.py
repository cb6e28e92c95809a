"""From an entry to its document, where the reader may see it; from a document to its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from creditnotes.models import CreditNote, DebitNote, GoodsReceipt, IssuedDocument
from customers.models import (
    Application,
    Customer,
    CustomerDeposit,
    DepositUse,
    Invoice,
    JournalEntry,
    OpenItem,
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
    """A payment is shown with what it settled, on the page of its open item."""
    rows = Payment.objects.visible_to(user).filter(entry__in=entries)
    return _of_items(rows.values_list("entry", "entry__open_item", "number"))


def _exchange_differences(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """A realised difference is shown with the payment or credit whose application made it."""
    rows = Application.objects.filter(
        entry__in=entries, payer__in=OpenItem.objects.visible_to(user)
    )
    return _of_items(rows.values_list("entry", "payer", "payer__entry__reference"))


def _of_items(rows: Iterable[tuple[int | None, int | None, str]]) -> dict[int, DocumentLink]:
    return {
        entry: DocumentLink(label, reverse("customers:apply", args=[item]))
        for entry, item, label in rows
        if entry and item
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
    rows = CustomerDeposit.objects.visible_to(user).filter(entry__in=entries)
    return _on_deposits(rows.values_list("entry", "pk", "number"))


def _uses_of_deposits(user: User, entries: Ids) -> dict[int, DocumentLink]:
    """A deposit's use is shown on the deposit, beside what it paid."""
    rows = DepositUse.objects.filter(
        entry__in=entries, deposit__in=CustomerDeposit.objects.visible_to(user)
    )
    return _on_deposits(rows.values_list("entry", "deposit", "deposit__number"))


def _on_deposits(rows: Iterable[tuple[int, int, str]]) -> dict[int, DocumentLink]:
    return {
        entry: DocumentLink(number, reverse("customers:deposit", args=[pk]))
        for entry, pk, number in rows
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
    Kind.EXCHANGE: [_exchange_differences],
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
