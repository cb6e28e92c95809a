"""Until when the law lets a tax be given back, and whether that time has passed.

The limits are dated data, :class:`~customers.models.TaxTimeLimit`: GST/HST and QST charged in
error two years, after a lower price four (Excise Tax Act, s. 232); BC's PST 180 days. Beyond
a limit the product warns, and finance decides. The days are counted from the invoice's date,
which is never later than the law's own start, so that the warning never comes too late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from customers.models import Company, TaxTimeLimit
from customers.models.catalogue import TaxKind
from customers.tuned import tuned

Ground = TaxTimeLimit.Ground


@dataclass(frozen=True, order=True)
class TimeLimit:
    """One tax of an invoice and the last day on which it may be given back, by which law."""

    kind: str
    province: str
    ground: str
    last_day: date
    law: str

    @property
    def name(self) -> str:
        """The tax as people write it: ``PST BC``, ``GST``."""
        return f"{TaxKind(self.kind).label} {self.province}".strip()

    def passed_on(self, day: date) -> bool:
        """Whether ``day`` is later than the law allows."""
        return day > self.last_day


@tuned
def all_time_limits(_company: Company) -> list[TaxTimeLimit]:
    """All that are known: the law's, the same for every company. At most one query."""
    return list(TaxTimeLimit.objects.all())


def limits_among(
    known: Iterable[TaxTimeLimit], invoiced_on: date, ground: str, taxes: Iterable[tuple[str, str]]
) -> list[TimeLimit]:
    """The time limits of an invoice's ``taxes``, as ``(kind, province)``, for a kind of credit.

    ``ground`` is :attr:`TaxTimeLimit.Ground.ERROR` where tax should never have been charged
    (a tax-only credit), and ``REDUCTION`` for every other credit. A province's own limit
    wins over one for all provinces; a tax without a known limit is left out.
    """
    rows = [row for row in known if _is_in_force(row, invoiced_on)]
    found = (_limit(rows, invoiced_on, ground, *tax) for tax in sorted(set(taxes)))
    return [limit for limit in found if limit]


def _is_in_force(row: TaxTimeLimit, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)


def _limit(
    rows: Iterable[TaxTimeLimit], invoiced_on: date, ground: str, kind: str, province: str
) -> TimeLimit | None:
    fitting = {
        row.province: row
        for row in rows
        if (row.kind, row.ground) == (kind, ground) and row.province in (province, "")
    }
    row = fitting.get(province) or fitting.get("")
    if row is None:
        return None
    last_day = counted(invoiced_on, row.length, row.unit)
    return TimeLimit(kind, row.province, ground, last_day, row.law)


def counted(day: date, length: int, unit: str) -> date:
    """``length`` days or years after ``day``; 29 February counts to 28 February."""
    if unit == TaxTimeLimit.Unit.DAYS:
        return day + timedelta(days=length)
    try:
        return day.replace(year=day.year + length)
    except ValueError:
        return day.replace(year=day.year + length, day=28)
