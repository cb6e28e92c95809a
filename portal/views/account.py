"""The customer's account at a glance, and what they paid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.access import STATEMENT
from customers.applied import on_account
from customers.models import AccountWish, Customer
from customers.paging import page_of
from customers.spreadsheets import as_csv
from portal import access, browsing
from portal.access import visitor_of
from portal.account import PAID, paid_by, standing_of, titled, with_uses

#: Rows of each part of the page; the lists have the rest.
MOST = 8
ROWS = 20


@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """What is owed, what is on account, what was asked about it."""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=STATEMENT)
    today = customer.company.day_of(timezone.now())
    due = browsing.invoices_of(user, customer).filter(left_to_pay__gt=0).order_by("due_on", "id")
    context = {
        "customer": customer,
        "today": today,
        "standing": standing_of(customer, today),
        "open_invoices": list(due[: MOST + 1]),
        "most": MOST,
        "on_account": titled(on_account(customer))[:MOST],
        "paid": with_uses(paid_by(customer).order_by(*PAID)[:MOST]),
        "wishes": _wishes(customer),
    }
    return render(request, "portal/account.html", context)


def _wishes(customer: Customer) -> Any:
    """What was asked about the account, the latest first."""
    wishes = AccountWish.objects.filter(customer=customer).with_parties()
    return wishes.order_by("-pk")[:MOST]


@require_GET
def payments(request: HttpRequest) -> HttpResponseBase:
    """What was paid and credited, and what became of each."""
    customers = access.customers_of(visitor_of(request))
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=STATEMENT)
    found = paid_by(customer)
    if request.GET.get("as") == "csv":
        return as_csv("payments", _header(), _rows(found.order_by(*PAID)))
    page = page_of(found, PAID, request.GET, ROWS)
    context = {"customer": customer, "page": page, "paid": with_uses(page.rows)}
    return render(request, "portal/payments.html", context)


def _header() -> list[str]:
    return [
        _("Date"),
        _("Document"),
        _("Kind"),
        _("Amount"),
        _("Used"),
        _("On account"),
        _("Currency"),
    ]


def _rows(items: Any) -> Iterator[list[Any]]:
    for item in items.iterator(chunk_size=500):
        entry = item.entry
        kind = entry.get_kind_display()
        yield [
            entry.posted_on,
            item.title,
            kind,
            item.amount,
            item.applied,
            item.open,
            item.currency,
        ]
