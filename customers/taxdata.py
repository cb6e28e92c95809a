"""The Canadian rates that every company starts with, by province and the days in force.

Sources: CRA, "Charge and collect the tax – Which rate to charge", with Notice 342 for
Nova Scotia's change of 1 April 2025; Revenu Québec; the finance ministries of British
Columbia, Manitoba and Saskatchewan. Rates from before 2008 are left out.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from customers.models import TaxRate

CANADA = Path(__file__).parent / "data" / "ca_tax_rates.csv"


def load_tax_rates(path: Path = CANADA) -> None:
    """Add the rates of a file; where one is known for some of its days it is left as it is."""
    TaxRate.objects.bulk_create(rates_in(path), ignore_conflicts=True)


def rates_in(path: Path = CANADA) -> list[TaxRate]:
    """The rates of a file, not saved: province, kind, rate in percent, first and last day."""
    with path.open(newline="") as file:
        return [
            TaxRate(
                province=row["province"],
                kind=row["kind"],
                rate=Decimal(row["rate"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            )
            for row in csv.DictReader(file)
        ]
