"""The Canadian rates and time limits that every company starts with, by province and day.

Sources: CRA, "Charge and collect the tax – Which rate to charge", with Notice 342 for
Nova Scotia's change of 1 April 2025; Revenu Québec; the finance ministries of British
Columbia, Manitoba and Saskatchewan. Rates from before 2008 are left out.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from customers.models import TaxRate, TaxTimeLimit
from customers.taxes import Levy, in_force

DATA = Path(__file__).parent / "data"
CANADA, TIME_LIMITS = DATA / "ca_tax_rates.csv", DATA / "ca_tax_time_limits.csv"


def load_tax_rates(path: Path = CANADA) -> None:
    """Add the rates of a file; where one is known for some of its days it is left as it is."""
    TaxRate.objects.bulk_create(rates_in(path), ignore_conflicts=True)
    load_time_limits()


def standard_rates_on(day: date, province: str) -> list[Levy]:
    """As :func:`customers.taxes.rates_on`, by the standard rates, whatever the database holds."""
    return in_force(rates_in(), day, province)


def load_time_limits(path: Path = TIME_LIMITS) -> None:
    """Add until when taxes may be given back; where a limit is known it is left as it is."""
    TaxTimeLimit.objects.bulk_create(time_limits_in(path), ignore_conflicts=True)


def time_limits_in(path: Path = TIME_LIMITS) -> list[TaxTimeLimit]:
    """The time limits of a file, not saved; an empty province is every province."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            TaxTimeLimit(
                kind=row["kind"],
                province=row["province"],
                ground=row["ground"],
                length=int(row["length"]),
                unit=row["unit"],
                law=row["law"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=_day_or_none(row["valid_to"]),
            )
            for row in csv.DictReader(file)
        ]


def rates_in(path: Path = CANADA) -> list[TaxRate]:
    """The rates of a file, not saved: province, kind, rate in percent, first and last day."""
    with path.open(newline="") as file:
        return [
            TaxRate(
                province=row["province"],
                kind=row["kind"],
                rate=Decimal(row["rate"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=_day_or_none(row["valid_to"]),
            )
            for row in csv.DictReader(file)
        ]


def _day_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
