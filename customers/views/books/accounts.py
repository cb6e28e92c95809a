"""One account: its entries one after the other, and how its balance runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.books.balances import running
from customers.models import Account, Customer, JournalLine, User
from customers.paging import both_ways
from customers.templatetags.display import day, money
from customers.views.books.entries import narrowed
from customers.views.books.finding import account_or_404
from customers.views.books.forms import LinesFilter
from customers.views.books.links import documents_of
from customers.views.finding import signed_in
from customers.views.listing import Cell, Column, Listing, answer

ORDERS = both_ways(date=("entry__posted_on",))


@require_GET
def account(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The account's lines; the balance is that of the lines which fit the filter."""
    user = signed_in(request)
    found = account_or_404(request, pk)
    form = LinesFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    whole = _of_customer(found, form.cleaned_data)
    lines = narrowed(whole, form.cleaned_data, "entry__")
    # The days narrow what is shown, not what the balance begins with.
    all_days = narrowed(whole, form.cleaned_data | {"since": None, "until": None}, "entry__")
    listing = Listing(
        "customers/books/account.html",
        form,
        lines.select_related("entry", "customer"),
        ORDERS,
        _columns(found),
        partial(_cells, user, found, all_days),
        _export,
        _header(),
    )
    customer = form.cleaned_data.get("customer") or 0
    of_customer = Customer.objects.filter(company=found.company_id, pk=customer).first()
    return answer(request, listing, account=found, of_customer=of_customer)


def _of_customer(account: Account, filters: dict[str, Any]) -> QuerySet[JournalLine]:
    lines = JournalLine.objects.filter(account=account)
    if customer := filters.get("customer"):
        lines = lines.filter(customer=customer)
    return lines


def _columns(account: Account) -> list[Column]:
    is_receivable = account.kind == Account.Kind.RECEIVABLE
    return [
        Column(_("Entry"), "", "wide"),
        Column(_("Posted"), "date", "number-left", "-"),
        Column(_("Document"), "", "code"),
        *([Column(_("Customer"))] if is_receivable else []),
        Column(_("Debit"), "", "number"),
        Column(_("Credit"), "", "number"),
        Column(_("Balance"), "", "number top-end"),
    ]


def _cells(
    user: User, account: Account, whole: QuerySet[JournalLine], rows: Sequence[JournalLine]
) -> Iterator[list[Cell]]:
    currency = account.company.base_currency
    balances = running(whole, rows)
    documents = documents_of(user, [row.entry for row in rows])
    for row in rows:
        entry, document = row.entry, documents.get(row.entry_id)
        yield [
            Cell(entry.get_kind_display(), reverse("books:entry", args=[entry.pk])),
            Cell(day(entry.posted_on)),
            Cell(document.label, document.url) if document else Cell(entry.reference),
            *_customer(account, row),
            Cell(money(row.debit, currency) if row.debit else ""),
            Cell(money(row.credit, currency) if row.credit else ""),
            Cell(money(balances[row.pk], currency)),
        ]


def _customer(account: Account, row: JournalLine) -> list[Cell]:
    """Whose receivable it is; the same account of this customer alone."""
    if account.kind != Account.Kind.RECEIVABLE or row.customer is None:
        return []
    url = reverse("books:account", args=[account.pk])
    return [Cell(row.customer.name, f"{url}?customer={row.customer_id}")]


def _header() -> list[str]:
    return [
        _("Posted"),
        _("Dated"),
        _("Kind"),
        _("Document"),
        _("Customer number"),
        _("Customer"),
        _("Debit"),
        _("Credit"),
    ]


def _export(found: QuerySet[Any]) -> Iterable[Sequence[Any]]:
    for row in found.iterator(chunk_size=2000):
        yield [
            row.entry.posted_on,
            row.entry.document_date,
            row.entry.get_kind_display(),
            row.entry.reference,
            row.customer and row.customer.number,
            row.customer and row.customer.name,
            row.debit,
            row.credit,
        ]
