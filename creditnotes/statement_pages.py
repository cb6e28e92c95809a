"""What pages of a statement share: the days asked for, and its lines with where they lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from creditnotes.statements import Names, names_of
from customers.models import Customer, JournalEntry, Site
from customers.paging import Page
from customers.statement import BUCKETS, Aged, Section, Statement, statement_of
from customers.text import number_in

ONE_DAY = timedelta(days=1)
#: So many documents and applications of each currency are on one page; files have all of them.
LINES = 100


@dataclass(frozen=True)
class Asked:
    """Which statement is asked for."""

    since: date
    until: date
    site: Site | None = None

    @property
    def query(self) -> str:
        """The same once more, as the end of an address."""
        words = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return urlencode(words | ({"site": str(self.site.pk)} if self.site else {}))


def asked_for(customer: Customer, query: Mapping[str, str], today: date) -> Asked:
    """What the address asks for; whatever is wrong in it is left out.

    Without any days: from the first of the month before last until today.
    """
    until = _day(query.get("until")) or today
    since = _day(query.get("since")) or _month_before(_month_before(until.replace(day=1)))
    pk = number_in(query.get("site", ""))
    site = customer.sites.filter(pk=pk).first() if pk else None
    return Asked(min(since, until), max(since, until), site)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _month_before(first: date) -> date:
    return (first - ONE_DAY).replace(day=1)


def periods(customer: Customer, today: date, site: Site | None) -> list[tuple[str, str]]:
    """The periods that people ask for most, each with its query."""
    first = today.replace(day=1)
    last = _month_before(first)
    year = customer.company.fiscal_year_start_month
    begins = first.replace(month=year, year=today.year - (today.month < year))
    return [
        (_("This month"), Asked(first, today, site).query),
        (_("Last month"), Asked(last, first - ONE_DAY, site).query),
        (_("This fiscal year"), Asked(begins, today, site).query),
    ]


@dataclass(frozen=True)
class Addresses:
    """The names of the pages to which lines lead; empty where there is none for the reader."""

    invoice: str
    note: str
    payer: str = ""
    #: What every line leads to besides, by its entry: where one asks about it.
    entry: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a section."""

    on: date
    kind: str
    title: str
    url: str
    due_on: date | None
    charge: Decimal | None
    payment: Decimal | None
    balance: Decimal
    question_url: str = ""


@dataclass(frozen=True)
class AppliedLine:
    """One application."""

    on: date
    payer: str
    payer_url: str
    invoice: str
    invoice_url: str
    amount: Decimal
    is_taken_back: bool


@dataclass(frozen=True)
class Shown:
    """A section as a page shows it; ``carried`` is the balance before its first line."""

    section: Section
    carried: Decimal
    lines: Sequence[Line]
    applications: Sequence[AppliedLine]
    ages: Sequence[tuple[str, Decimal, bool]]


def statement_asked_for(customer: Customer, asked: Asked) -> Statement:
    """The statement itself."""
    return statement_of(customer, asked.since, asked.until, asked.site)


def page_of(statement: Statement, query: Mapping[str, str]) -> Page:
    """Which of the lines are on the page asked for: it starts after so many of each currency."""
    asked = number_in(query.get("after") or query.get("before") or "") or 0
    most = max(max(len(each.entries), len(each.applications)) for each in statement.sections)
    start = min(asked, max(most - 1, 0)) // LINES * LINES
    return Page(
        (),
        before=str(start - LINES) if start else "",
        after=str(start + LINES) if start + LINES < most else "",
        start=start + 1,
    )


def shown(statement: Statement, addresses: Addresses, page: Page) -> list[Shown]:
    """The page's part of each section, every line with its name and where it leads."""
    part = slice(page.start - 1, page.start - 1 + LINES)
    parts = [
        replace(each, entries=each.entries[part], applications=each.applications[part])
        for each in statement.sections
    ]
    names = names_of(parts)
    return [
        Shown(
            whole,
            whole.balance_before(page.start - 1),
            list(_lines(some, names, addresses)),
            list(_applications(some, names, addresses)),
            list(ages_of(whole.aged)),
        )
        for whole, some in zip(statement.sections, parts, strict=True)
    ]


def _lines(section: Section, names: Names, addresses: Addresses) -> Iterator[Line]:
    for entry in section.entries:
        row = entry.row
        yield Line(
            row.on,
            str(JournalEntry.Kind(row.kind).label),
            names.title(row.entry_id, row.reference),
            _url(row.entry_id, names, addresses),
            row.due_on,
            entry.charge,
            entry.payment,
            entry.balance,
            reverse(addresses.entry, args=[row.entry_id]) if addresses.entry else "",
        )


def _applications(section: Section, names: Names, addresses: Addresses) -> Iterator[AppliedLine]:
    for each in section.applications:
        yield AppliedLine(
            each.on,
            names.title(each.payer_entry_id, each.payer),
            _url(each.payer_entry_id, names, addresses),
            names.title(each.invoice_entry_id, each.invoice),
            _url(each.invoice_entry_id, names, addresses),
            each.amount,
            each.is_taken_back,
        )


def _url(entry_id: int, names: Names, addresses: Addresses) -> str:
    places: list[tuple[str, Any]] = [
        (addresses.invoice, names.invoices.get(entry_id)),
        (addresses.note, names.notes.get(entry_id, (None,))[0]),
        (addresses.payer, names.payers.get(entry_id)),
    ]
    return next((reverse(name, args=[pk]) for name, pk in places if name and pk), "")


def ages_of(aged: Aged) -> Iterator[tuple[str, Decimal, bool]]:
    """Each age with its amount, and whether it is late."""
    yield _("Not due yet"), aged.not_due, False
    starts = (1, *(end + 1 for end in BUCKETS))
    for start, end, amount in zip(starts, BUCKETS, aged.past_due, strict=False):
        words = _("%(start)s to %(end)s days past due") % {"start": start, "end": end}
        yield words, amount, True
    words = _("More than %(days)s days past due") % {"days": BUCKETS[-1]}
    yield words, aged.past_due[-1], True
    yield _("On account"), -aged.on_account, False
