"""The GST/HST, QST and PST returns of some days, each figure with what stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from customers.books.returns import COLUMNS, TaxReturn, TaxRow, sales_of, tax_returns
from customers.models import Company, FiscalPeriod, User
from customers.spreadsheets import as_csv
from customers.views.books.finding import finance_or_404
from customers.views.books.trial_balance import days_of, latest_periods
from customers.views.finding import today_of

TITLES = {
    "gst": gettext_lazy("GST/HST return"),
    "qst": gettext_lazy("QST return"),
    "pst": gettext_lazy("PST returns"),
}


@dataclass(frozen=True)
class Figure:
    """An amount of a return, and the address of the entries behind it."""

    label: Any
    amount: Decimal
    url: str


@require_GET
def tax_return(request: HttpRequest) -> HttpResponseBase:
    """What was charged, given back and is owed of each tax; by default of the current period."""
    user, company = finance_or_404(request)
    form, since, until = days_of(request, *_current_period(user, company))
    found = tax_returns(company, since, until)
    if request.GET.get("as") == "csv":
        return as_csv("tax-returns", _header(), _export(found))
    context = {
        "form": form,
        "since": since,
        "until": until,
        "currency": company.base_currency,
        "periods": latest_periods(company),
        "sales": sales_of(company, since, until),
        "returns": [
            (TITLES[each.name], each, [(row, _figures(row, since, until)) for row in each.rows])
            for each in found
        ],
    }
    return render(request, "customers/books/tax_return.html", context)


def _current_period(user: User, company: Company) -> tuple[date, date]:
    """The period that is to be reported next: the last that is over."""
    today = today_of(user)
    over = FiscalPeriod.objects.filter(company=company, ends_on__lt=today)
    period = over.order_by("-starts_on").first()
    return (period.starts_on, period.ends_on) if period else (today.replace(day=1), today)


def _figures(row: TaxRow, since: date, until: date) -> list[Figure]:
    account = reverse("books:account", args=[row.account.pk])
    days = {"since": since.isoformat(), "until": until.isoformat()}

    def url(column: str = "") -> str:
        kinds = {"kinds": ",".join(COLUMNS[column])} if column else {}
        return f"{account}?{urlencode(days | kinds)}"

    return [
        Figure(_("Charged"), row.charged, url("charged")),
        Figure(_("Added"), row.added, url("added")),
        Figure(_("Given back"), row.credited, url("credited")),
        Figure(_("Bad debts"), row.bad_debts, url("bad_debts")),
        Figure(_("Net tax"), row.net, url()),
    ]


def _header() -> list[str]:
    return [
        _("Return"),
        _("Tax"),
        _("Province"),
        _("Charged"),
        _("Added"),
        _("Given back"),
        _("Bad debts"),
        _("Net tax"),
    ]


def _export(found: Iterable[TaxReturn]) -> Iterator[Sequence[Any]]:
    for each in found:
        for row in each.rows:
            yield [TITLES[each.name], row.kind, row.province, *_amounts(row)]
        yield [TITLES[each.name], _("Total"), "", *_amounts(each)]


def _amounts(row: TaxRow | TaxReturn) -> list[Decimal]:
    return [row.charged, row.added, row.credited, row.bad_debts, row.net]
