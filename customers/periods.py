"""Fiscal periods: where an entry of a given day is posted (rule 4)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from customers.errors import Refusal
from customers.models import Company, FiscalPeriod

ONE_DAY = timedelta(days=1)


def period_for(company: Company, day: date) -> tuple[FiscalPeriod, date]:
    """The period into which a document of ``day`` is posted, and the posting date.

    The posting date is the document's, or the first day of the next open period
    where the document's own is not open. Months that nobody has laid out yet
    are made, open.
    """
    period = _containing(company, day)
    while period.state != FiscalPeriod.State.OPEN:
        day = period.ends_on + ONE_DAY
        period = _containing(company, day)
    return period, day


def _containing(company: Company, day: date) -> FiscalPeriod:
    found = FiscalPeriod.objects.filter(
        company=company, starts_on__lte=day, ends_on__gte=day
    ).first()
    return found or _month(company, day)


def _month(company: Company, day: date) -> FiscalPeriod:
    """A new period for the day's month, or as much of it as other periods leave."""
    others = FiscalPeriod.objects.filter(company=company)
    before = others.filter(ends_on__lt=day).order_by("-ends_on").first()
    after = others.filter(starts_on__gt=day).order_by("starts_on").first()
    first = day.replace(day=1)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    if before:
        first = max(first, before.ends_on + ONE_DAY)
    if after:
        last = min(last, after.starts_on - ONE_DAY)
    FiscalPeriod.objects.bulk_create(
        [FiscalPeriod(company=company, starts_on=first, ends_on=last)], ignore_conflicts=True
    )
    return FiscalPeriod.objects.get(company=company, starts_on__lte=day, ends_on__gte=day)


@transaction.atomic
def set_state(period: FiscalPeriod, state: str) -> FiscalPeriod:
    """Open the period, keep it for finance, or close it for good.

    What is being posted into it goes first. Raises :class:`~customers.errors.Refusal` for a
    closed one: what was reported stays, and reopening takes two people.
    """
    locked = FiscalPeriod.objects.select_for_update().get(pk=period.pk)
    if locked.state == FiscalPeriod.State.CLOSED != state:
        raise Refusal(_("A closed period stays closed; reopening takes two people."), field="state")
    locked.state = state
    locked.save(update_fields=["state"])
    return locked
