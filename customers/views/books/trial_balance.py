"""The trial balance: every account, and that the books balance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.books import balances
from customers.books.balances import TrialBalance
from customers.models import Company, FiscalPeriod
from customers.spreadsheets import as_csv
from customers.views.books.finding import finance_or_404, year_of
from customers.views.books.forms import DaysForm

#: As many periods as are offered to look at by a click.
PERIODS = 6


@require_GET
def trial_balance(request: HttpRequest) -> HttpResponseBase:
    """The company's accounts between two days, by posting date, in base currency."""
    user, company = finance_or_404(request)
    form, since, until = days_of(request, *year_of(user))
    found = balances.trial_balance(company, since, until)
    if request.GET.get("as") == "csv":
        return as_csv("trial-balance", _header(), _export(found))
    context = {
        "form": form,
        "since": since,
        "until": until,
        "trial": found,
        "currency": company.base_currency,
        "periods": latest_periods(company),
    }
    return render(request, "customers/books/trial_balance.html", context)


def days_of(request: HttpRequest, since: date, until: date) -> tuple[DaysForm, date, date]:
    """The days that the address asks for; what is wrong or missing there is as given."""
    form = DaysForm(request.GET)
    form.is_valid()
    until = form.cleaned_data.get("until") or until
    since = form.cleaned_data.get("since") or min(since, until)
    return DaysForm(initial={"since": since, "until": until}), since, until


def latest_periods(company: Company) -> list[FiscalPeriod]:
    """The last few periods, the latest first."""
    return list(FiscalPeriod.objects.filter(company=company).order_by("-starts_on")[:PERIODS])


def _header() -> list[str]:
    return [
        _("Code"),
        _("Account"),
        _("Opening balance"),
        _("Debits"),
        _("Credits"),
        _("Closing debit"),
        _("Closing credit"),
    ]


def _export(found: TrialBalance) -> Iterator[list[Any]]:
    for row in found.balances:
        yield [
            row.account.code,
            row.account.name,
            row.opening,
            row.debits,
            row.credits,
            row.closing_debit,
            row.closing_credit,
        ]
    yield [
        "",
        _("Total"),
        found.opening,
        found.debits,
        found.credits,
        found.closing_debit,
        found.closing_credit,
    ]
