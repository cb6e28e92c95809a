"""Posting an issued credit, and settling the invoices that it credits.

Credit = Dr returns or allowances by reason, Dr goodwill and container deposits to their own
accounts, Dr each tax by kind and province, Cr receivable. What a restocking fee keeps back is not
credited, so it is not posted; a tax adjustment debits the tax alone.
A reversal posts the exact opposite of what the credit posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from creditnotes.models import Basis, CreditNote
from creditnotes.shares import base_rate_of, shares_of
from customers import ledger
from customers.currencies import converted
from customers.ledger import Posting
from customers.models import Account, JournalEntry, OpenItem, User
from customers.money import ZERO
from customers.settling import Settlement, apply_credit, write

#: Follows a receipt's reference in the entry that takes its goods off the shelf again.
TAKEN_BACK = " R"


def post_credit(note: CreditNote, day: date, by: User | None = None) -> JournalEntry | None:
    """Post the note on ``day`` and apply it to its own invoices; None for a credit of nothing.

    ``by`` is whoever issues it, None where policy does.
    """
    if not note.total:
        return None
    postings = [
        *_net_postings(note),
        *_tax_postings(note),
        Posting(
            ledger.account(note.company, ledger.RECEIVABLE),
            credit=note.total,
            customer=note.customer,
        ),
    ]
    entry = ledger.post(
        note.company,
        JournalEntry.Kind.CREDIT_NOTE,
        note.reference,
        day,
        _in_base(postings, note, day),
        by,
    )
    item = ledger.open_item(entry, note.customer, OpenItem.Side.PAYS, note.total, note.currency)
    apply_credit(item, shares_of(note), day)
    return entry


def _net_postings(note: CreditNote) -> list[Posting]:
    """What was credited of invoices, by the reason's account; goodwill by its own.

    A container deposit goes back from the liability it was charged to, whatever the reason.
    """
    reason = note.required_reason
    sums: dict[Account, Decimal] = {}
    nets = note.lines.values_list("basis", "creditable__invoice_line__kind")
    for basis, kind, net in nets.annotate(sum=Sum("net")).order_by("basis"):
        account = reason.account
        if basis == Basis.GOODWILL and reason.goodwill_account:
            account = reason.goodwill_account
        elif code := ledger.ACCOUNT_OF_KIND.get(kind):
            account = ledger.account(note.company, code)
        sums[account] = sums.get(account, ZERO) + net
    return [Posting(account, debit=net) for account, net in sums.items()]


def _in_base(postings: Sequence[Posting], note: CreditNote, day: date) -> Sequence[Posting]:
    """The postings at the invoices' own rates; of several, at what they come to together."""
    if note.currency == note.company.base_currency:
        return postings
    return converted(postings, *base_rate_of(note, day))


def _tax_postings(note: CreditNote) -> list[Posting]:
    if not note.tax_total:
        return []
    sums = (
        note.taxes.values("creditable__kind", "creditable__province")
        .annotate(amount=Sum("amount"))
        .order_by("creditable__kind", "creditable__province")
    )
    return [
        Posting(
            ledger.tax_account(note.company, row["creditable__kind"], row["creditable__province"]),
            debit=row["amount"],
        )
        for row in sums
    ]


def accounts_of(note: CreditNote) -> dict[str, str]:
    """Where the reason posts to on this day; an admin may let it post elsewhere later."""
    reason = note.required_reason
    accounts = {"reason": reason.account.code}
    if reason.goodwill_account:
        accounts["goodwill"] = reason.goodwill_account.code
    return accounts


def post_reversal(note: CreditNote, day: date, actor: User) -> JournalEntry | None:
    """Post the opposite of the note's entry on ``day``; None for a credit of nothing.

    The debit and the credit settle each other: neither is open afterwards.
    """
    original = note.document.entry
    if original is None:
        return None
    entry = ledger.post(
        note.company,
        JournalEntry.Kind.REVERSAL,
        note.reference,
        day,
        opposite_of(original),
        by=actor,
    )
    owed = ledger.open_item(entry, note.customer, OpenItem.Side.OWES, note.total, note.currency)
    credit = OpenItem.objects.get(entry=original)
    write(note.company, [Settlement(credit, owed, note.total, day)], actor)
    return entry


def take_goods_back(note: CreditNote, day: date, actor: User) -> None:
    """Post the opposite of each restocking: with the credit, its goods leave the shelf again."""
    for receipt in note.receipts.filter(entry__isnull=False).select_related("entry"):
        reference = f"{receipt.reference}{TAKEN_BACK}"
        assert receipt.entry is not None  # noqa: S101 - filtered above
        postings = opposite_of(receipt.entry)
        ledger.post(note.company, JournalEntry.Kind.RESTOCK, reference, day, postings, by=actor)


def opposite_of(entry: JournalEntry) -> list[Posting]:
    """What takes the entry back: each of its lines on the other side."""
    lines = entry.lines.select_related("account", "customer").order_by("pk")
    return [
        Posting(line.account, debit=line.credit, credit=line.debit, customer=line.customer)
        for line in lines
    ]
