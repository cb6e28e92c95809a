"""Fiscal periods: where an entry of a given day is posted (rule 4)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from customers.models import Company, FiscalPeriod


def period_for(company: Company, day: date) -> tuple[FiscalPeriod, date]:
    """The period into which a document of ``day`` is posted, and the posting date.

    The posting date is the document's, or the first day of the next open period
    where the document's own is not open. Months that nobody has laid out yet
    are made, open.
    """
    period = _containing(company, day)
    while period.state != FiscalPeriod.State.OPEN:
        day = date.fromordinal(period.ends_on.toordinal() + 1)
        period = _containing(company, day)
    return period, day


def _containing(company: Company, day: date) -> FiscalPeriod:
    found = FiscalPeriod.objects.filter(
        company=company, starts_on__lte=day, ends_on__gte=day
    ).first()
    return found or _month(company, day)


def _month(company: Company, day: date) -> FiscalPeriod:
    first = day.replace(day=1)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    FiscalPeriod.objects.bulk_create(
        [FiscalPeriod(company=company, starts_on=first, ends_on=last)], ignore_conflicts=True
    )
    return FiscalPeriod.objects.get(company=company, starts_on__lte=day, ends_on__gte=day)
