"""Exchange rates from a file in the form in which the Bank of Canada publishes them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction

from customers.models import Company, ExchangeRate


class UnreadableRates(ValueError):
    """The file is not one of rates; says which line is not."""


@transaction.atomic
def import_rates(company: Company, path: Path) -> int:
    """Add the file's rates of other currencies against the company's; answers how many were new.

    Whatever stands before the line that begins with ``date`` is left out, as the bank writes
    its terms there. Raises :class:`UnreadableRates`.
    """
    before = ExchangeRate.objects.filter(company=company).count()
    ExchangeRate.objects.bulk_create(_rates(company, path), ignore_conflicts=True)
    return ExchangeRate.objects.filter(company=company).count() - before


def _rates(company: Company, path: Path) -> Iterator[ExchangeRate]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = next((row for row in rows if row and row[0].lower() == "date"), None)
        if header is None:
            raise UnreadableRates("No line begins with 'date'.")
        for row in rows:
            for name, value in zip(header[1:], row[1:], strict=False):
                if value and (currency := _currency(name, company.base_currency)):
                    yield _rate(company, currency, row[0], value, rows.line_num)


def _currency(column: str, base: str) -> str:
    """``USD`` of ``FXUSDCAD`` for a company whose books are in ``CAD``; empty for others."""
    name = column.upper().removeprefix("FX")
    return name[:3] if len(name) == 6 and name.endswith(base) else ""


def _rate(company: Company, currency: str, day: str, value: str, line: int) -> ExchangeRate:
    try:
        rate = Decimal(value)
        if not rate > 0:
            raise UnreadableRates(f"Line {line}: a rate above zero, not {value!r}.")
        return ExchangeRate(
            company=company, currency=currency, day=date.fromisoformat(day), rate=rate
        )
    except (InvalidOperation, ValueError) as error:
        raise UnreadableRates(
            f"Line {line}: {day!r} and {value!r} are not a day's rate."
        ) from error
