"""Writing a write-off into the books: number, entry, open item and application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from customers import ledger, settling
from customers.access import FINANCE, is_in
from customers.currencies import converted
from customers.errors import NotAllowed, Refusal, WrongState
from customers.ledger import Posting
from customers.models import (
    Application,
    BadDebtProposal,
    Invoice,
    JournalEntry,
    OpenItem,
    User,
    WriteOff,
    WriteOffTax,
)
from customers.money import ZERO
from customers.numbering import numbered, take_number
from customers.relief import Taxes
from customers.settling import Settlement

Kind = WriteOff.Kind

ENTRY_KINDS = {
    Kind.SMALL_BALANCE: JournalEntry.Kind.WRITE_OFF,
    Kind.BAD_DEBT: JournalEntry.Kind.BAD_DEBT,
    Kind.RECOVERY: JournalEntry.Kind.RECOVERY,
    Kind.REVERSAL: JournalEntry.Kind.REVERSAL,
}


@dataclass(frozen=True)
class New:
    """A write-off to make, or the undoing of one."""

    kind: WriteOff.Kind
    invoice: Invoice
    amount: Decimal
    taxes: Taxes = field(default_factory=dict)
    undoes: WriteOff | None = None
    proposal: BadDebtProposal | None = None
    why: str = ""


def expense_of(write_off: WriteOff | New) -> str:
    """The code of the account that bears what is written off."""
    origin = write_off.undoes or write_off
    is_small = origin.kind == Kind.SMALL_BALANCE
    return ledger.SMALL_BALANCES if is_small else ledger.BAD_DEBTS


def book(new: New, by: User | None, moment: datetime) -> tuple[WriteOff, OpenItem]:
    """Number, post and keep it. The series is locked from here on; nothing else waits for it.

    The entry bears the document's own number, so the number comes first.
    """
    company, customer = new.invoice.company, new.invoice.customer
    number = take_number(WriteOff, company, moment)
    entry = ledger.post(
        company,
        ENTRY_KINDS[new.kind],
        str(number),
        company.day_of(moment),
        converted(_postings(new), new.invoice.rate),
        by,
    )
    side = OpenItem.Side.OWES if new.undoes else OpenItem.Side.PAYS
    item = ledger.open_item(entry, customer, side, new.amount, new.invoice.currency)
    made = WriteOff.objects.create(
        **numbered(company, number, moment),
        issued_by=by,
        kind=new.kind,
        customer=customer,
        invoice=new.invoice,
        undoes=new.undoes,
        proposal=new.proposal,
        entry=entry,
        currency=new.invoice.currency,
        amount=new.amount,
        tax_total=sum(new.taxes.values(), ZERO),
        why=new.why.strip(),
    )
    WriteOffTax.objects.bulk_create(
        WriteOffTax(write_off=made, kind=kind, province=province, amount=amount)
        for (kind, province), amount in new.taxes.items()
    )
    return made, item


def _postings(new: New) -> list[Posting]:
    """Expense and taxes against the receivable; the other way round where it is undone."""
    sides = list(_sides(new))
    if new.undoes:
        return [Posting(p.account, p.credit, p.debit, p.customer) for p in sides]
    return sides


def _sides(new: New) -> Iterator[Posting]:
    company = new.invoice.company
    net = new.amount - sum(new.taxes.values(), ZERO)
    yield Posting(ledger.account(company, expense_of(new)), debit=net)
    for (kind, province), amount in new.taxes.items():
        yield Posting(ledger.tax_account(company, kind, province), debit=amount)
    receivable = ledger.account(company, ledger.RECEIVABLE)
    yield Posting(receivable, credit=new.amount, customer=new.invoice.customer)


def settle(new: New, owed: OpenItem, by: User, moment: datetime) -> WriteOff:
    """Write off ``new`` of the invoice's locked item."""
    made, item = book(new, by, moment)
    apply(item, owed, new.amount, made, by)
    return made


def apply(
    payer: OpenItem,
    owed: OpenItem,
    amount: Decimal,
    because_of: WriteOff,
    by: User | None,
    undoes: Application | None = None,
) -> None:
    """Let the one item settle the other, on the day of the write-off that asks for it."""
    if undoes:
        settling.take_back(undoes, because_of.issued_on, by)
    else:
        settlement = Settlement(payer, owed, amount, because_of.issued_on)
        settling.write(because_of.company, [settlement], by)


# Before anything is written ---------------------------------------------------


def require_finance(by: User, invoice: Invoice) -> None:
    """Raise :class:`~customers.errors.NotAllowed` for anybody but finance of the company."""
    if not (is_in(by, FINANCE) and by.company_id == invoice.company_id):
        raise NotAllowed(_("Only finance writes off."))


def locked_item(invoice: Invoice) -> OpenItem:
    """What the invoice owes, locked until the transaction ends."""
    found = locked(Q(entry=invoice.entry_id)) if invoice.entry_id else []
    if not found:
        raise WrongState(_("Nothing is open of this invoice."))
    return found[0]


def locked(items: Q) -> list[OpenItem]:
    """These open items, locked in id order."""
    rows = OpenItem.objects.filter(items).select_for_update(of=("self",))
    return list(rows.order_by("pk"))


def of_entries(entries: Iterable[int | None]) -> Q:
    """The open items of these entries."""
    return Q(entry__in=[entry for entry in entries if entry])


def require_open(owed: OpenItem, amount: Decimal) -> None:
    """Raise :class:`~customers.errors.Refusal` when less than ``amount`` is open."""
    if not ZERO < amount <= owed.open:
        raise Refusal(_("Only %(left)s is open.") % {"left": owed.open}, field="amount")
