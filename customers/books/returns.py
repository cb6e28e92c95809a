"""What is reported of sales tax: charged, given back and net, by tax and province.

All of it is read from the tax accounts by posting date, so the return agrees with the
ledger to the cent; ``check_ledger`` proves the accounts against the documents. On the
GST/HST return what was charged is line 103, what is added (recovered bad debts, credits
reversed) line 104, what is deducted (credits, bad debts) line 107 (CRA guide RC4022).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from customers import ledger
from customers.models import Account, Company, JournalEntry, JournalLine, TaxKind
from customers.money import ZERO

Kind = JournalEntry.Kind

#: Column of the return → the kinds of entries whose tax it shows.
COLUMNS: Mapping[str, Sequence[str]] = {
    "charged": (Kind.INVOICE,),
    "added": (Kind.REVERSAL, Kind.RECOVERY),
    "credited": (Kind.CREDIT_NOTE,),
    "bad_debts": (Kind.BAD_DEBT,),
}
#: To whom a return goes → the taxes on it.
RETURNS: Mapping[str, Sequence[str]] = {
    "gst": (TaxKind.GST, TaxKind.HST),
    "qst": (TaxKind.QST,),
    "pst": (TaxKind.PST,),
}


@dataclass(frozen=True)
class TaxRow:
    """One tax of one province: ``amounts`` by column, and the rest, tax owed above zero."""

    account: Account
    amounts: Mapping[str, Decimal]
    other: Decimal

    @property
    def kind(self) -> str:
        return str(TaxKind(ledger.tax_of(self.account.code)[0]).label)

    @property
    def province(self) -> str:
        return ledger.tax_of(self.account.code)[1]

    @property
    def charged(self) -> Decimal:
        return self.amounts["charged"]

    @property
    def added(self) -> Decimal:
        return self.amounts["added"] + self.other

    @property
    def credited(self) -> Decimal:
        return -self.amounts["credited"]

    @property
    def bad_debts(self) -> Decimal:
        return -self.amounts["bad_debts"]

    @property
    def net(self) -> Decimal:
        """What the account moved by: to be remitted, above zero."""
        return sum(self.amounts.values(), self.other)


@dataclass(frozen=True)
class TaxReturn:
    """What goes to one authority."""

    name: str
    rows: Sequence[TaxRow]

    def total(self, column: str) -> Decimal:
        """The sum of a column, or of ``net``."""
        return sum((getattr(row, column) for row in self.rows), ZERO)

    @property
    def charged(self) -> Decimal:
        return self.total("charged")

    @property
    def added(self) -> Decimal:
        return self.total("added")

    @property
    def credited(self) -> Decimal:
        return self.total("credited")

    @property
    def bad_debts(self) -> Decimal:
        return self.total("bad_debts")

    @property
    def net(self) -> Decimal:
        return self.total("net")

    @property
    def deducted(self) -> Decimal:
        """Line 107 of the GST/HST return."""
        return self.credited + self.bad_debts


def tax_returns(company: Company, since: date, until: date) -> list[TaxReturn]:
    """The returns of the days from ``since`` to ``until``, each with what was posted."""
    rows = list(_rows(company, since, until))
    made = [
        TaxReturn(name, [row for row in rows if ledger.tax_of(row.account.code)[0] in kinds])
        for name, kinds in RETURNS.items()
    ]
    return [each for each in made if each.rows]


def _rows(company: Company, since: date, until: date) -> Iterable[TaxRow]:
    lines = JournalLine.objects.filter(
        account__company=company,
        account__kind=Account.Kind.TAX,
        entry__posted_on__range=(since, until),
    )
    moved: dict[int, dict[str, Decimal]] = defaultdict(dict)
    sums = lines.values_list("account", "entry__kind").annotate(sum=Sum(F("credit") - F("debit")))
    for account, kind, amount in sums.order_by():
        moved[account][kind] = amount
    for account in Account.objects.filter(pk__in=moved).order_by("code"):
        yield _row(account, moved[account.pk])


def _row(account: Account, moved: Mapping[str, Decimal]) -> TaxRow:
    amounts = {
        column: sum((moved.get(kind, ZERO) for kind in kinds), ZERO)
        for column, kinds in COLUMNS.items()
    }
    return TaxRow(account, amounts, sum(moved.values(), ZERO) - sum(amounts.values(), ZERO))


def sales_of(company: Company, since: date, until: date) -> Decimal:
    """Sales less returns and allowances, without tax: line 101 of the GST/HST return."""
    lines = JournalLine.objects.filter(
        account__company=company,
        account__kind__in=[Account.Kind.REVENUE, Account.Kind.ALLOWANCE],
        entry__posted_on__range=(since, until),
    )
    amount: Decimal = lines.aggregate(sum=Sum(F("credit") - F("debit"), default=ZERO))["sum"]
    return amount
