"""What each account comes to: the trial balance, and how an account's balance runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from customers.models import Account, Company, JournalLine
from customers.money import ZERO


@dataclass(frozen=True)
class Balance:
    """One account over some days; an amount above zero is a debit."""

    account: Account
    opening: Decimal = ZERO
    debits: Decimal = ZERO
    credits: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debits - self.credits

    @property
    def closing_debit(self) -> Decimal:
        return max(self.closing, ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return max(-self.closing, ZERO)


@dataclass(frozen=True)
class TrialBalance:
    """Every account that was ever posted to by the last day, and what they come to together."""

    balances: Sequence[Balance]

    @property
    def opening(self) -> Decimal:
        return sum((each.opening for each in self.balances), ZERO)

    @property
    def debits(self) -> Decimal:
        return sum((each.debits for each in self.balances), ZERO)

    @property
    def credits(self) -> Decimal:
        return sum((each.credits for each in self.balances), ZERO)

    @property
    def closing_debit(self) -> Decimal:
        return sum((each.closing_debit for each in self.balances), ZERO)

    @property
    def closing_credit(self) -> Decimal:
        return sum((each.closing_credit for each in self.balances), ZERO)

    @property
    def is_balanced(self) -> bool:
        """Whether debits equal credits, and the books balanced before."""
        sides = self.debits == self.credits, self.closing_debit == self.closing_credit
        return all(sides) and self.opening == ZERO


def trial_balance(company: Company, since: date, until: date) -> TrialBalance:
    """The company's accounts from ``since`` to ``until``, by posting date, in base currency."""
    lines = JournalLine.objects.filter(account__company=company, entry__posted_on__lte=until)
    within = Q(entry__posted_on__gte=since)
    sums = {
        row["account"]: row
        for row in lines.values("account")
        .annotate(
            opening=Sum(F("debit") - F("credit"), filter=~within, default=ZERO),
            debits=Sum("debit", filter=within, default=ZERO),
            credits=Sum("credit", filter=within, default=ZERO),
        )
        .order_by()
    }
    accounts = Account.objects.filter(pk__in=sums).order_by("code")
    return TrialBalance(
        [
            Balance(
                account,
                sums[account.pk]["opening"],
                sums[account.pk]["debits"],
                sums[account.pk]["credits"],
            )
            for account in accounts
        ]
    )


def running(lines: QuerySet[JournalLine], shown: Sequence[JournalLine]) -> dict[int, Decimal]:
    """The balance of ``lines`` after each of the ``shown`` ones, by their ids.

    ``shown`` are neighbours in the order of posting, forwards or backwards, with their entry.
    """
    ordered = sorted(shown, key=lambda line: (line.entry.posted_on, line.pk))
    if not ordered:
        return {}
    first = ordered[0]
    earlier = Q(entry__posted_on__lt=first.entry.posted_on) | Q(
        entry__posted_on=first.entry.posted_on, pk__lt=first.pk
    )
    before = lines.filter(earlier).order_by()
    balance: Decimal = before.aggregate(sum=Sum(F("debit") - F("credit"), default=ZERO))["sum"]
    after = {}
    for line in ordered:
        balance += line.debit - line.credit
        after[line.pk] = balance
    return after
