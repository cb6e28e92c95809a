"""Every customer's statement compared with the ledger and the open items, on many dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, Max, Sum, When
from django.utils import timezone

from customers.models import Application, Company, FiscalPeriod, JournalEntry, JournalLine, OpenItem
from customers.money import ZERO
from customers.statement.sources import COUNTS_FROM, OWES, receivable_lines

#: A customer and a currency.
Account = tuple[int, str]
Sums = Mapping[Account, Decimal]


def disagreements(company: Company) -> Iterator[tuple[int, str]]:
    """A customer, and in words what their statement of some day says differently.

    Its closing balance in each currency is compared with what is open by it; what all of them
    come to in base currency, with the ledger.
    """
    closings = _Running(company)
    for day in days_of(company):
        closing, base = closings.until(day)
        for (customer, currency), said, is_open in _differing(closing, _open(company, day)):
            yield customer, f"{currency} statement of {day}: closes at {said}, {is_open} is open"
        for (customer, _), said, posted in _differing(base, _ledger(company, day)):
            yield customer, f"owes {said} by the statement of {day}, {posted} by the ledger"


def days_of(company: Company) -> list[date]:
    """Today (or the last posting, if that is later), and the end of each period before it."""
    entries = JournalEntry.objects.filter(company=company)
    last = entries.aggregate(day=Max("posted_on"))["day"]
    if last is None:
        return []
    today = max(last, company.day_of(timezone.now()))
    periods = FiscalPeriod.objects.filter(company=company, ends_on__lt=today)
    ends = periods.filter(entries__isnull=False).distinct().values_list("ends_on", flat=True)
    return [*sorted(ends), today]


class _Running:
    """What the statements close at, read once and added up from day to day."""

    def __init__(self, company: Company) -> None:
        lines = receivable_lines(company.base_currency).filter(customer__company=company)
        sums = lines.order_by("on", "customer", "currency").values_list(
            "on", "customer", "currency"
        )
        self._rows = list(sums.annotate(Sum("amount"), Sum("base")))
        self._closing: dict[Account, Decimal] = defaultdict(lambda: ZERO)
        self._base: dict[Account, Decimal] = defaultdict(lambda: ZERO)
        self._at = 0

    def until(self, day: date) -> tuple[Sums, Sums]:
        """By currency, and all in base currency; days are asked for in their order."""
        while self._at < len(self._rows) and self._rows[self._at][0] <= day:
            _on, customer, currency, amount, base = self._rows[self._at]
            self._closing[customer, currency] += amount
            self._base[customer, ""] += base
            self._at += 1
        return self._closing, self._base


def _open(company: Company, day: date) -> Sums:
    """What was open, as a statement has it: what is open now, but for what was applied later."""
    sums: dict[Account, Decimal] = defaultdict(lambda: ZERO)
    items = OpenItem.objects.filter(customer__company=company, entry__posted_on__lte=day)
    owed = (F("amount") - F("applied")) * Case(When(side=OWES, then=1), default=-1)
    _add(sums, items.order_by().values_list("customer", "currency").annotate(sum=Sum(owed)), 1)
    applied = F("amount") * Case(When(undoes__isnull=True, then=1), default=-1)
    later = Application.objects.alias(counts=COUNTS_FROM).filter(counts__gt=day).order_by()
    for side, sign in (("payer", -1), ("invoice", 1)):
        of_side = later.filter(
            **{f"{side}__customer__company": company, f"{side}__entry__posted_on__lte": day}
        )
        rows = of_side.values_list(f"{side}__customer", f"{side}__currency")
        _add(sums, rows.annotate(sum=Sum(applied)), sign)
    return sums


def _add(sums: dict[Account, Decimal], rows: Iterable[tuple[int, str, Decimal]], sign: int) -> None:
    for customer, currency, amount in rows:
        sums[customer, currency] += sign * amount


def _ledger(company: Company, day: date) -> Sums:
    lines = JournalLine.objects.filter(customer__company=company, entry__posted_on__lte=day)
    sums = lines.order_by().values_list("customer").annotate(owed=Sum(F("debit") - F("credit")))
    return {(customer, ""): owed for customer, owed in sums}


def _differing(one: Sums, other: Sums) -> Iterator[tuple[Account, Decimal, Decimal]]:
    for account in sorted({*one, *other}):
        if (says := one.get(account, ZERO)) != (has := other.get(account, ZERO)):
            yield account, says, has
