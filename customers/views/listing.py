"""A list as a table: sortable columns, rows written out, pages, or all of it as CSV.

The cells are written here and not in the template, whose filters would take most of
the time that a page of fifty rows needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from customers.forms import ListFilter
from customers.paging import extent_of, page_of
from customers.spreadsheets import as_csv


@dataclass(frozen=True)
class Column:
    """One column: its heading, the order that it sorts by, if any, and how it looks."""

    label: Any
    sort: str = ""
    css: str = ""
    #: "-" where the first click shows the largest or newest first.
    first: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in a column: a text, perhaps a link, perhaps a tag of that tone."""

    text: Any
    url: str = ""
    css: str = ""
    tone: str = ""

    @property
    def written(self) -> SafeString:
        """The text as it stands on the page."""
        if self.url:
            return format_html('<a href="{}">{}</a>', self.url, self.text)
        if self.tone:
            return format_html('<span class="tag tag-{}">{}</span>', self.tone, self.text)
        return conditional_escape(self.text)


#: A cell as the template puts it down: classes, the column's name on a phone, the content.
Written = tuple[str, Any, SafeString]


@dataclass(frozen=True)
class Listing:
    """A list to answer: what was found, in which orders, and how its rows are written."""

    template: str
    form: ListFilter
    found: QuerySet[Any]
    orders: Mapping[str, Sequence[str]]
    columns: Sequence[Column]
    cells: Callable[[Sequence[Any]], Iterable[Sequence[Cell]]]
    export: Callable[[QuerySet[Any]], Iterable[Sequence[Any]]]
    export_header: Sequence[Any]
    #: False where to count would take longer than to show.
    is_counted: bool = True


def answer(request: HttpRequest, listing: Listing, **context: Any) -> HttpResponseBase:
    """The page of the list that the address asks for, or the whole of it for a spreadsheet."""
    order = listing.orders[listing.form.order_name]
    if request.GET.get("as") == "csv":
        name = request.resolver_match.url_name if request.resolver_match else "list"
        rows = listing.export(listing.found.order_by(*order))
        return as_csv(str(name), listing.export_header, rows)
    return _page(request, listing, order, context)


def _page(
    request: HttpRequest, listing: Listing, order: Sequence[str], context: dict[str, Any]
) -> HttpResponse:
    page = page_of(listing.found, order, request.GET)
    context |= {
        "form": listing.form,
        "page": page,
        "extent": extent_of(page, listing.found if listing.is_counted else None),
        "sort": listing.form.order_name,
        "columns": listing.columns,
        "rows": [_written(listing.columns, cells) for cells in listing.cells(page.rows)],
        "is_narrowed": listing.form.is_narrowed,
    }
    return render(request, listing.template, context)


def _written(columns: Sequence[Column], cells: Sequence[Cell]) -> list[Written]:
    return [
        (
            f"{column.css} {cell.css if cell.text else 'absent'}",
            column.label if place else "",  # what opens the row needs no name
            cell.written,
        )
        for place, (column, cell) in enumerate(zip(columns, cells, strict=True))
    ]
