"""Legal numbers: gapless per company, series and fiscal year (rule 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

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


# Looking for gaps and doubles ---------------------------------------------------


def kinds() -> list[type[NumberedDocument]]:
    """Every kind of document that has legal numbers."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, NumberedDocument) and not model._meta.abstract  # noqa: SLF001
    ]


def all_numbers() -> str:
    """A query of every number on every document: series_id, sequence, company_id, prefix, …"""
    return " UNION ALL ".join(
        f"SELECT series_id, sequence, number, company_id, issued_on, issued_at,"  # noqa: S608
        f" '{model.prefix}' AS prefix FROM {model._meta.db_table}"  # noqa: SLF001
        for model in kinds()
    )


@dataclass(frozen=True)
class Counted:
    """How one series stands: how many were given, which are missing, which stand twice."""

    company: str
    series: str
    given: int
    missing: Sequence[int]
    doubled: Sequence[int]
    strange: Sequence[str]

    @property
    def is_sound(self) -> bool:
        return not (self.missing or self.doubled or self.strange)


def count_series() -> list[Counted]:
    """Each series of every company, counted anew from the documents themselves."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED.format(numbers=all_numbers()))
        return [Counted(*row) for row in cursor.fetchall()]


_COUNTED = """
    WITH used AS ({numbers})
    SELECT c.code, s.prefix || '-' || s.fiscal_year, s.last_sequence,
        ARRAY(
            SELECT wanted FROM generate_series(1, s.last_sequence) wanted
            WHERE NOT EXISTS (
                SELECT FROM used u WHERE u.series_id = s.id AND u.sequence = wanted
            )
            ORDER BY wanted
        ),
        ARRAY(
            SELECT u.sequence FROM used u WHERE u.series_id = s.id
            GROUP BY u.sequence HAVING count(*) > 1 ORDER BY u.sequence
        ),
        ARRAY(
            SELECT u.number FROM used u
            WHERE u.series_id = s.id AND (
                u.sequence NOT BETWEEN 1 AND s.last_sequence
                OR u.prefix <> s.prefix OR u.company_id <> s.company_id
                OR u.number <> s.prefix || '-' || s.fiscal_year || '-'
                    || lpad(u.sequence::text, greatest(6, length(u.sequence::text)), '0')
                OR u.issued_on <> (u.issued_at AT TIME ZONE c.time_zone)::date
            )
            ORDER BY u.number
        )
    FROM customers_numberseries s JOIN customers_company c ON c.id = s.company_id
    ORDER BY c.code, s.prefix, s.fiscal_year
"""
