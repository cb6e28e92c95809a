"""Legal numbers: gapless per company, series and fiscal year (rule 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from creditnotes.models import NumberSeries
from customers.models import Company

CREDIT_NOTE = "CN"


@dataclass(frozen=True)
class LegalNumber:
    """A number taken from its series, to be used before the transaction ends."""

    series: NumberSeries
    sequence: int

    def __str__(self) -> str:
        return f"{self.series.prefix}-{self.series.fiscal_year}-{self.sequence:06d}"


def take_number(company: Company, day: date, prefix: str = CREDIT_NOTE) -> LegalNumber:
    """The next number for a document of ``day``.

    Locks the series' row until the transaction ends, so take it last. When the
    transaction rolls back the number was never taken; when it commits without a
    document of that number, the database refuses the commit.
    """
    key = {"company": company, "prefix": prefix, "fiscal_year": company.fiscal_year_of(day)}
    series = NumberSeries.objects.select_for_update().filter(**key).first()
    if series is None:
        NumberSeries.objects.bulk_create([NumberSeries(**key)], ignore_conflicts=True)
        series = NumberSeries.objects.select_for_update().get(**key)
    series.last_sequence += 1
    series.save(update_fields=["last_sequence"])
    return LegalNumber(series, series.last_sequence)
