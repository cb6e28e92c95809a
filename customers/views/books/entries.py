"""Journal entries: the list, and one entry with its lines and its document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from customers.matching import number_like
from customers.models import Company, Customer, JournalEntry, JournalLine, User
from customers.paging import both_ways
from customers.templatetags.display import day, money
from customers.views.books.finding import entry_or_404, finance_or_404
from customers.views.books.forms import EntriesFilter
from customers.views.books.links import documents_of
from customers.views.finding import signed_in
from customers.views.listing import Cell, Column, Listing, answer

ORDERS = both_ways(date=("posted_on",), reference=("reference",))


@require_GET
def entries(request: HttpRequest) -> HttpResponseBase:
    """Every entry of the company, narrowed by number, kind and days."""
    user, company = finance_or_404(request)
    form = EntriesFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    listing = Listing(
        "customers/books/entries.html",
        form,
        narrowed(_with_amount(company), form.cleaned_data),
        ORDERS,
        _columns(),
        partial(_cells, user, company.base_currency),
        _export,
        _header(),
    )
    return answer(request, listing)


def narrowed(rows: QuerySet[Any], filters: dict[str, Any], entry: str = "") -> QuerySet[Any]:
    """The rows that fit the filter; ``entry`` is the path to their entry."""
    if words := filters.get("q"):
        rows = rows.filter(number_like(f"{entry}reference", words))
    if kinds := filters.get("kinds") or [kind for kind in [filters.get("kind")] if kind]:
        rows = rows.filter(**{f"{entry}kind__in": kinds})
    if since := filters.get("since"):
        rows = rows.filter(**{f"{entry}posted_on__gte": since})
    if until := filters.get("until"):
        rows = rows.filter(**{f"{entry}posted_on__lte": until})
    return rows


def _with_amount(company: Company) -> QuerySet[Any]:
    debits = JournalLine.objects.filter(entry=OuterRef("pk")).order_by().values("entry")
    amount = Subquery(debits.annotate(sum=Sum("debit")).values("sum"), DecimalField())
    rows = JournalEntry.objects.filter(company=company).annotate(amount=amount)
    return rows.select_related("posted_by")


def _columns() -> list[Column]:
    return [
        Column(_("Entry"), "reference", "wide"),
        Column(_("Posted"), "date", "number-left", "-"),
        Column(_("Dated"), "", "number-left not-on-phone"),
        Column(_("Document"), "", "code"),
        Column(_("Posted by"), "", "not-on-phone"),
        Column(_("Amount"), "", "number top-end"),
    ]


def _cells(user: User, currency: str, rows: Sequence[Any]) -> Iterator[list[Cell]]:
    documents = documents_of(user, rows)
    for row in rows:
        document = documents.get(row.pk)
        yield [
            Cell(
                f"{row.get_kind_display()} {row.reference}", reverse("books:entry", args=[row.pk])
            ),
            Cell(day(row.posted_on)),
            Cell(day(row.document_date), css="faint" if row.posted_on == row.document_date else ""),
            Cell(document.label, document.url) if document else Cell(row.reference),
            Cell(row.posted_by or ""),
            Cell(money(row.amount, currency)),
        ]


def _header() -> list[str]:
    return [_("Posted"), _("Dated"), _("Kind"), _("Document"), _("Posted by"), _("Amount")]


def _export(found: QuerySet[Any]) -> Iterable[Sequence[Any]]:
    for row in found.iterator(chunk_size=2000):
        yield [
            row.posted_on,
            row.document_date,
            row.get_kind_display(),
            row.reference,
            row.posted_by,
            row.amount,
        ]


@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with its lines, from which its accounts, customer and document are a click away."""
    user = signed_in(request)
    found = entry_or_404(request, pk)
    lines = list(found.lines.select_related("account", "customer").order_by("pk"))
    seen = Customer.objects.visible_to(user).filter(pk__in=[line.customer_id for line in lines])
    context = {
        "entry": found,
        "lines": lines,
        "total": sum(line.debit for line in lines),
        "document": documents_of(user, [found]).get(found.pk),
        "seen_customers": set(seen.values_list("pk", flat=True)),
        "currency": found.company.base_currency,
        "item": getattr(found, "open_item", None),
        "settlements": _settlements(found),
    }
    return render(request, "customers/books/entry.html", context)


def _settlements(entry: JournalEntry) -> list[tuple[Any, Any]]:
    """What the entry's open item settles, or is settled by, with each other side's entry."""
    item = getattr(entry, "open_item", None)
    if item is None:
        return []
    rows = item.applications.select_related("invoice__entry") if item.side == "pays" else None
    if rows is not None:
        return [(row, row.invoice.entry) for row in rows.order_by("pk")]
    rows = item.settlements.select_related("payer__entry")
    return [(row, row.payer.entry) for row in rows.order_by("pk")]
