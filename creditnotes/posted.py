"""What credit notes and debit notes should have left in the ledger, for ``check_ledger``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from creditnotes.models import (
    Basis,
    CreditLine,
    CreditNote,
    CreditTax,
    DebitNote,
    GoodsReceipt,
    GoodsReceiptLine,
    IssuedDocument,
)
from creditnotes.posting import TAKEN_BACK
from creditnotes.shares import base_rate_of
from customers import ledger, periods
from customers.books.expected import Expected, Item, Lines, posted_as
from customers.models import FiscalPeriod, JournalEntry, OpenItem
from customers.money import ZERO

Kind = JournalEntry.Kind
Side = OpenItem.Side
Amounts = dict[int, list[tuple[str, Decimal]]]


@posted_as(Kind.CREDIT_NOTE)
def credits() -> Iterator[Expected]:  # noqa: A001 - they are
    """Dr allowances by reason (goodwill and containers by their own), Dr taxes, Cr receivable."""
    documents = IssuedDocument.objects.select_related("note__company", "note__document")
    amounts = _amounts({"note__document__isnull": False})
    for document in documents.defer("snapshot").order_by("pk").iterator(chunk_size=2000):
        yield from _expected(
            document.note, Kind.CREDIT_NOTE, document, amounts[document.note_id], 1
        )


@posted_as(Kind.REVERSAL)
def reversals() -> Iterator[Expected]:
    """The opposite of the credit, on the day of the debit note."""
    documents = DebitNote.objects.select_related("note__company", "note__document")
    amounts = _amounts({"note__debit_note__isnull": False})
    for document in documents.defer("snapshot").order_by("pk").iterator(chunk_size=2000):
        yield from _expected(document.note, Kind.REVERSAL, document, amounts[document.note_id], -1)


@posted_as(Kind.RESTOCK)
def restocked() -> Iterator[Expected]:
    """Dr inventory, Cr cost of goods sold; the opposite when the credit is reversed."""
    on_the_shelf = Q(lines__condition=GoodsReceiptLine.Condition.RESTOCK)
    receipts = GoodsReceipt.objects.annotate(cost=Sum("lines__cost", filter=on_the_shelf))
    with_notes = receipts.filter(cost__gt=0).select_related("note__debit_note").order_by("pk")
    for receipt in with_notes.iterator(chunk_size=2000):
        debit_note = getattr(receipt.note, "debit_note", None)
        yield _restocked(receipt, receipt.reference, receipt.received_on, receipt.cost)
        if debit_note is not None:
            reference = f"{receipt.reference}{TAKEN_BACK}"
            yield _restocked(receipt, reference, debit_note.issued_on, -receipt.cost)


def unposted(period: FiscalPeriod) -> int:
    """Credits, their reversals and goods put back on the shelf in its days, without an entry."""
    issued = {"company": period.company_id, "issued_on__range": (period.starts_on, period.ends_on)}
    restock = GoodsReceiptLine.Condition.RESTOCK
    receipts = GoodsReceipt.objects.filter(
        Exists(
            GoodsReceiptLine.objects.filter(receipt=OuterRef("pk"), condition=restock, cost__gt=0)
        ),
        note__company=period.company_id,
        received_on__range=(period.starts_on, period.ends_on),
    )
    found: list[QuerySet[Any]] = [
        IssuedDocument.objects.filter(**issued, note__total__gt=0),
        DebitNote.objects.filter(**issued, note__total__gt=0),
        receipts,
    ]
    return sum(documents.filter(entry__isnull=True).count() for documents in found)


periods.UNPOSTED.append(unposted)


def _restocked(receipt: GoodsReceipt, reference: str, day: date, cost: Decimal) -> Expected:
    lines = Lines()
    lines.debit(ledger.INVENTORY, cost)
    lines.credit(ledger.COST_OF_GOODS, cost)
    company = receipt.note.company_id
    return Expected(reference, company, Kind.RESTOCK, reference, day, lines.in_base())


def _expected(
    note: CreditNote,
    kind: str,
    document: IssuedDocument | DebitNote,
    amounts: list[tuple[str, Decimal]],
    sign: int,
) -> Iterator[Expected]:
    lines, total = Lines(), ZERO
    for code, amount in amounts:
        lines.debit(code, sign * amount)
        total += amount
    if not total:
        return
    lines.credit(ledger.RECEIVABLE, sign * total, note.customer_id)
    in_base = lines.in_base()
    if note.currency != note.company.base_currency:
        in_base = lines.in_base(*base_rate_of(note, note.document.issued_on))
    yield Expected(
        f"{document.number} ({note.reference})",
        document.company_id,
        kind,
        note.reference,
        document.issued_on,
        in_base,
        Item(Side.PAYS if sign > 0 else Side.OWES, total, note.currency),
    )


def _amounts(which: dict[str, bool]) -> Amounts:
    """What each note debits, by the account's code: from its lines and taxes alone."""
    found: Amounts = defaultdict(list)
    rows = CreditLine.objects.filter(**which).values_list(
        "note",
        "basis",
        "creditable__invoice_line__kind",
        Coalesce(
            KeyTextTransform("reason", "note__document__snapshot__accounts"),
            "note__reason__account__code",
            output_field=TextField(),
        ),
        Coalesce(
            KeyTextTransform("goodwill", "note__document__snapshot__accounts"),
            "note__reason__goodwill_account__code",
            output_field=TextField(),
        ),
    )
    for note, basis, kind, account, goodwill, net in rows.annotate(sum=Sum("net")).order_by():
        own = goodwill if basis == Basis.GOODWILL else ledger.ACCOUNT_OF_KIND.get(kind)
        found[note].append((own or account, net))
    taxes = CreditTax.objects.filter(**which).values_list(
        "note", "creditable__kind", "creditable__province", "amount"
    )
    for note, kind, province, amount in taxes:
        found[note].append((ledger.tax_code(kind, province), amount))
    return found
