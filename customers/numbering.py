"""Legal numbers: gapless per company, series and fiscal year (rule 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.models import Company, NumberedDocument, NumberSeries


@dataclass(frozen=True)
class LegalNumber:
    """A number taken from its series, to be used before the transaction ends."""

    series: NumberSeries
    sequence: int

    def __str__(self) -> str:
        return f"{self.series.prefix}-{self.series.fiscal_year}-{self.sequence:06d}"


def take_number(
    document: type[NumberedDocument], company: Company, moment: datetime
) -> LegalNumber:
    """The next number for a document of that kind, issued at ``moment``.

    Locks the series' row until the transaction ends, so take it last. When the
    transaction rolls back the number was never taken; when it commits without a
    document of that number, the database refuses the commit.
    """
    year = company.fiscal_year_of(company.day_of(moment))
    key = {"company": company, "prefix": document.prefix, "fiscal_year": year}
    series = NumberSeries.objects.select_for_update().filter(**key).first()
    if series is None:
        NumberSeries.objects.bulk_create([NumberSeries(**key)], ignore_conflicts=True)
        series = NumberSeries.objects.select_for_update().get(**key)
    series.last_sequence += 1
    series.save(update_fields=["last_sequence"])
    return LegalNumber(series, series.last_sequence)


def numbered(company: Company, number: LegalNumber, moment: datetime) -> Mapping[str, Any]:
    """The fields of a :class:`~customers.models.NumberedDocument` that follow from its number."""
    return {
        "company": company,
        "series": number.series,
        "sequence": number.sequence,
        "number": str(number),
        "issued_on": company.day_of(moment),
        "issued_at": moment,
    }
