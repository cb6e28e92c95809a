"""One box that finds customers, orders, invoices, credit notes and products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from creditnotes.browsing import matching
from creditnotes.models import CreditNote
from customers.access import is_staff_member
from customers.browsing import invoices_matching, lines_with_product, orders_matching
from customers.models import Customer, Invoice, Order, User
from customers.text import words_from

#: One letter finds everything, which is nothing.
FEWEST_LETTERS = 2
MOST_LETTERS = 100
#: How many of each kind are shown, on the page and in the sheet below the box.
ON_THE_PAGE, IN_THE_SHEET = 10, 4


@dataclass(frozen=True)
class Kind:
    """A kind of thing to find: its heading, how it is looked for, and where all of it is."""

    name: str
    label: Any
    find: Callable[[User, str], QuerySet[Any]]
    list_url: Callable[[str], str] | None = None


@dataclass(frozen=True)
class Group:
    """What was found of one kind. Where there is more, ``more_url`` leads to it, if a list does."""

    kind: Kind
    rows: list[Any]
    has_more: bool
    more_url: str


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that the words find among what this person may see, by kind.

    htmx asks for the results alone, while the person types.
    """
    if not is_staff_member(request.user):
        raise Http404
    words = words_from(request.GET.get("q", ""), MOST_LETTERS)
    in_sheet = bool(getattr(request, "htmx", False))
    most = IN_THE_SHEET if in_sheet else ON_THE_PAGE
    enough = len(words) >= FEWEST_LETTERS
    groups = list(_groups(request.user, words, most)) if enough else []
    context = {"search_words": words, "groups": groups, "enough": enough, "in_sheet": in_sheet}
    return render(request, "search_results.html" if in_sheet else "search.html", context)


def _groups(user: User, words: str, most: int) -> Iterator[Group]:
    for kind in KINDS:
        rows = list(kind.find(user, words)[: most + 1])
        if rows:
            more_url = kind.list_url(words) if kind.list_url else ""
            yield Group(kind, rows[:most], len(rows) > most, more_url)


def _credit_notes(user: User, words: str) -> QuerySet[Any]:
    found = CreditNote.objects.filter(matching(words))
    notes: QuerySet[Any] = CreditNote.objects.visible_to(user).with_parties()
    return notes.filter(pk__in=found.values("pk")).order_by("-changed_at", "-pk")


def _invoices(user: User, words: str) -> QuerySet[Any]:
    invoices = Invoice.objects.visible_to(user).filter(invoices_matching(words))
    return invoices.select_related("customer").order_by("-issued_on", "-pk")


def _orders(user: User, words: str) -> QuerySet[Any]:
    orders = Order.objects.visible_to(user).filter(orders_matching(words))
    return orders.select_related("customer").order_by("-ordered_on", "-pk")


def _customers(user: User, words: str) -> QuerySet[Any]:
    customers = Customer.objects.visible_to(user).matching(words)
    return customers.select_related("department").order_by("sort_name", "pk")


def _products(user: User, words: str) -> QuerySet[Any]:
    return lines_with_product(user, words).select_related("invoice__customer", "product")


def _list(name: str, parameter: str = "q") -> Callable[[str], str]:
    """The address of a list that looks for the same words."""
    return lambda words: f"{reverse(name)}?{urlencode({parameter: words})}"


KINDS = (
    Kind("customers", _("Customers"), _customers, _list("customers:customers")),
    Kind("credit_notes", _("Credit notes"), _credit_notes, _list("creditnotes:credit_notes")),
    Kind("invoices", _("Invoices"), _invoices, _list("customers:invoices")),
    Kind("orders", _("Orders"), _orders),
    Kind(
        "products",
        _("Invoices with this product"),
        _products,
        _list("customers:invoices", parameter="product"),
    ),
)
