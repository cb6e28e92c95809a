"""Fetching what finance may see of its company's books, or answering 404."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from customers.access import FINANCE, is_in
from customers.models import (
    Account,
    BadDebtProposal,
    Company,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    User,
    WriteOff,
)
from customers.views.finding import signed_in, today_of


def finance_or_404(request: HttpRequest) -> tuple[User, Company]:
    """The person and their company, if they are in finance."""
    user = signed_in(request)
    if not is_in(user, FINANCE) or user.company is None:
        raise Http404
    return user, user.company


def account_or_404(request: HttpRequest, pk: int) -> Account:
    return _of_company(request, Account.objects.all(), pk)  # type: ignore[no-any-return]


def entry_or_404(request: HttpRequest, pk: int) -> JournalEntry:
    entries = JournalEntry.objects.select_related("period", "posted_by", "open_item")
    return _of_company(request, entries, pk)  # type: ignore[no-any-return]


def period_or_404(request: HttpRequest, pk: int) -> FiscalPeriod:
    return _of_company(request, FiscalPeriod.objects.select_related("company"), pk)  # type: ignore[no-any-return]


def write_off_or_404(request: HttpRequest, pk: int) -> WriteOff:
    """The write-off, if its customer is one whom the person serves."""
    user, _company = finance_or_404(request)
    rows = WriteOff.objects.visible_to(user).select_related(
        "invoice__company", "customer", "entry", "issued_by", "undoes", "proposal__proposed_by"
    )
    found: WriteOff = get_object_or_404(rows.defer("proposal__file_content"), pk=pk)
    return found


def owed_invoice_or_404(request: HttpRequest, pk: int) -> Invoice:
    """The invoice, if the person serves its customer and it was posted."""
    user, _company = finance_or_404(request)
    invoices = Invoice.objects.visible_to(user).filter(entry__isnull=False)
    found: Invoice = get_object_or_404(
        invoices.select_related("customer", "company", "entry__open_item"), pk=pk
    )
    return found


def proposal_or_404(request: HttpRequest, pk: int) -> BadDebtProposal:
    """The bad debt proposed, if the person serves the invoice's customer."""
    user, _company = finance_or_404(request)
    found: BadDebtProposal = get_object_or_404(
        BadDebtProposal.objects.defer("file_content").select_related(
            "invoice__customer", "invoice__company", "proposed_by", "write_off", "refusal"
        ),
        pk=pk,
        invoice__in=Invoice.objects.visible_to(user),
    )
    return found


def _of_company(request: HttpRequest, rows: Any, pk: int) -> Any:
    _user, company = finance_or_404(request)
    return get_object_or_404(rows, pk=pk, company=company)


def year_of(user: User) -> tuple[date, date]:
    """The company's fiscal year so far: its first day and today."""
    today = today_of(user)
    assert user.company  # noqa: S101 - only staff come here
    month = user.company.fiscal_year_start_month
    year = today.year if today.month >= month else today.year - 1
    return date(year, month, 1), today
