"""Posting documents: balanced entries in the company's base currency.

Invoice: Dr receivable, Cr sales, Cr container deposits, Cr each tax. Payment: Dr bank
clearing, Cr receivable. Credit: Dr returns or allowances by reason (container deposits by
their own account), Dr each tax, Cr receivable. Customer deposit: Dr bank clearing, Cr
deposits; applied: Dr deposits, Cr receivable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial

from django.db.models import Sum

from customers.models import (
    Account,
    Company,
    Customer,
    FiscalPeriod,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    OpenItem,
    User,
)
from customers.money import ZERO
from customers.periods import period_for

RECEIVABLE, SALES, BANK = "1200", "4000", "1010"
ALLOWANCES = "4190"
INVENTORY, COST_OF_GOODS = "1300", "5000"
DEPOSITS, CONTAINER_DEPOSITS = "2300", "2310"
BAD_DEBTS, SMALL_BALANCES, EXCHANGE = "5900", "5910", "4900"

#: code → (name, kind) of the accounts every company starts with.
STANDARD_ACCOUNTS: Mapping[str, tuple[str, str]] = {
    BANK: ("Bank clearing", Account.Kind.BANK),
    RECEIVABLE: ("Accounts receivable", Account.Kind.RECEIVABLE),
    SALES: ("Sales", Account.Kind.REVENUE),
    "4110": ("Returns", Account.Kind.ALLOWANCE),
    "4120": ("Price corrections", Account.Kind.ALLOWANCE),
    "4130": ("Shortages and damages", Account.Kind.ALLOWANCE),
    "4140": ("Goodwill", Account.Kind.ALLOWANCE),
    "4150": ("Rebates", Account.Kind.ALLOWANCE),
    "4160": ("Freight allowances", Account.Kind.ALLOWANCE),
    ALLOWANCES: ("Other allowances", Account.Kind.ALLOWANCE),
    INVENTORY: ("Inventory", Account.Kind.INVENTORY),
    DEPOSITS: ("Customer deposits", Account.Kind.LIABILITY),
    CONTAINER_DEPOSITS: ("Container deposits", Account.Kind.LIABILITY),
    EXCHANGE: ("Exchange differences", Account.Kind.EXCHANGE),
    COST_OF_GOODS: ("Cost of goods sold", Account.Kind.COST),
    BAD_DEBTS: ("Bad debts", Account.Kind.EXPENSE),
    SMALL_BALANCES: ("Small balances written off", Account.Kind.EXPENSE),
}

#: Kinds of invoice lines that are no sale → the account they post to. A credit of such a
#: line debits the same account, whatever its reason.
ACCOUNT_OF_KIND: Mapping[str, str] = {InvoiceLine.Kind.CONTAINER: CONTAINER_DEPOSITS}


@dataclass(frozen=True)
class Posting:
    """One line to post: exactly one of ``debit`` and ``credit`` is above zero."""

    account: Account
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    customer: Customer | None = None


def open_accounts(company: Company) -> None:
    """Give the company the standard chart of accounts; accounts it has are left alone."""
    Account.objects.bulk_create(
        [
            Account(company=company, code=code, name=name, kind=kind)
            for code, (name, kind) in STANDARD_ACCOUNTS.items()
        ],
        ignore_conflicts=True,
    )


def tax_code(kind: str, province: str) -> str:
    """The code of one tax's account: by kind, and by the province of supply."""
    return f"22-{kind}-{province}".rstrip("-").upper()


def tax_of(code: str) -> tuple[str, str]:
    """The kind and province that :func:`tax_code` made the code of."""
    kind, _, province = code.removeprefix("22-").partition("-")
    return kind.lower(), province


def tax_account(company: Company, kind: str, province: str) -> Account:
    """The account of one tax: by kind, and by province where a province levies it."""
    code = tax_code(kind, province)
    account, _ = Account.objects.get_or_create(
        company=company,
        code=code,
        defaults={"name": f"{kind.upper()} {province}".strip(), "kind": Account.Kind.TAX},
    )
    return account


def account(company: Company, code: str) -> Account:
    """The company's account with that code, opened when it is a standard one it lacks.

    Raises ``Account.DoesNotExist`` for any other that is not there.
    """
    found = Account.objects.filter(company=company, code=code).first()
    if found is None and code in STANDARD_ACCOUNTS:
        open_accounts(company)
    return found or Account.objects.get(company=company, code=code)


class Chart:
    """The company's accounts, each asked of the database once."""

    def __init__(self, company: Company) -> None:
        self.account = cache(partial(account, company))
        self.tax_account = cache(partial(tax_account, company))


@dataclass(frozen=True)
class NewEntry:
    """An entry to write: the document it is for, that document's day, and the lines.

    ``by`` is whose action it is, None where the system acts by itself: what finance does
    is posted into a period that is kept for finance, all else into the next open one.
    """

    kind: str
    reference: str
    day: date
    postings: Sequence[Posting]
    by: User | None = None


def post(
    company: Company,
    kind: str,
    reference: str,
    day: date,
    postings: Iterable[Posting],
    by: User | None = None,
) -> JournalEntry:
    """Write one entry dated ``day``; the database refuses it unless it balances."""
    return post_all(company, [NewEntry(kind, reference, day, list(postings), by)])[0]


def post_all(company: Company, new: Sequence[NewEntry]) -> list[JournalEntry]:
    """Write entries in two statements, as :func:`post` writes one; in the order given."""
    entries = JournalEntry.objects.bulk_create(_entries(company, new))
    JournalLine.objects.bulk_create(
        JournalLine(
            entry=entry,
            account=line.account,
            customer=line.customer,
            debit=line.debit,
            credit=line.credit,
        )
        for entry, source in zip(entries, new, strict=True)
        for line in source.postings
        if line.debit or line.credit
    )
    return entries


def _entries(company: Company, new: Sequence[NewEntry]) -> list[JournalEntry]:
    period_of = _open_periods(company)
    entries = []
    for each in new:
        period, posted_on = period_of(each.day, each.by)
        entries.append(
            JournalEntry(
                company=company,
                period=period,
                kind=each.kind,
                reference=each.reference,
                posted_on=posted_on,
                document_date=each.day,
                posted_by=each.by,
            )
        )
    return entries


def _open_periods(company: Company) -> Callable[[date, User | None], tuple[FiscalPeriod, date]]:
    """:func:`~customers.periods.period_for`, which asks once for each open period."""
    known: list[FiscalPeriod] = []

    def find(day: date, by: User | None) -> tuple[FiscalPeriod, date]:
        for period in known:
            if period.starts_on <= day <= period.ends_on:
                return period, day
        period, posted_on = period_for(company, day, by)
        if period.state == FiscalPeriod.State.OPEN and posted_on == day:
            known.append(period)
        return period, posted_on

    return find


def open_item(
    entry: JournalEntry,
    customer: Customer,
    side: str,
    amount: Decimal,
    currency: str,
    due_on: date | None = None,
) -> OpenItem:
    """Let what was posted be settled: an invoice owes, a payment or credit pays."""
    return OpenItem.objects.create(
        entry=entry, customer=customer, side=side, amount=amount, currency=currency, due_on=due_on
    )


def receivable_of(customer: Customer, until: date | None = None) -> Decimal:
    """What the customer owes by the ledger, at the end of ``until`` (else now)."""
    lines = JournalLine.objects.filter(customer=customer)
    if until:
        lines = lines.filter(entry__posted_on__lte=until)
    sums = lines.aggregate(debit=Sum("debit", default=ZERO), credit=Sum("credit", default=ZERO))
    balance: Decimal = sums["debit"] - sums["credit"]
    return balance
