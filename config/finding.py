"""What typed words find among what a person may see, kind by kind.

Each kind is looked for by itself, through the index made for it, and only so far as it
is shown: the sheet below the box is renewed with every letter. Conditions on several
tables are put to the database as ids, since a disjunction of them would enter no index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from config import hits
from config.hits import Group, Kind
from config.marking import Marker
from creditnotes.models import CreditLine, CreditNote, IssuedDocument
from customers.browsing import (
    contacts_matching,
    customers_matching,
    customers_spelt_like,
    invoices_of,
    latest_with_product,
    orders_of,
)
from customers.matching import number_like
from customers.models import Customer, User
from customers.querysets import BelongsToCustomerQuerySet, CustomerQuerySet

#: Of so many customers and documents found, what hangs on them is shown as well.
MOST_FOUND = 100

#: Fewer letters are like too many names.
FEWEST_TO_GUESS = 4

_REFERENCE = re.compile(r"(?:CR-?)?0*(\d{1,18})", re.IGNORECASE)
_LEGAL_NUMBER = re.compile(r"(?:CN-?)?(?:\d{4}-)?0*(\d{1,9})", re.IGNORECASE)


@dataclass
class Finder:
    """One search of one person: at most ``most`` hits of each kind."""

    user: User
    words: str
    most: int

    def groups(self) -> list[Group]:
        """What was found, a kind with the very number first; else names much like the words."""
        found = list(self._found())
        if not found and len(self.words) >= FEWEST_TO_GUESS:
            found = list(self._group(hits.CUSTOMERS, [], self._spelt_like(), is_guess=True))
        return sorted(found, key=lambda group: not group.is_exact)

    def _found(self) -> Iterator[Group]:
        yield from self._group(hits.CUSTOMERS, self._exact(self._mine), self._customers)
        yield from self._group(hits.CONTACTS, [], contacts_matching(self.user, self.words))
        yield from self._group(hits.CREDIT_NOTES, [], self._credit_notes())
        yield from self._group(hits.INVOICES, self._exact(self._invoices), self._latest_invoices())
        yield from self._group(hits.ORDERS, self._exact(self._orders), self._latest_orders())
        yield from self._group(hits.PRODUCTS, [], self._lines())

    def _group(
        self, kind: Kind, exact: list[Any], rows: QuerySet[Any], *, is_guess: bool = False
    ) -> Iterator[Group]:
        known = {row.pk for row in exact}
        others = (row for row in rows[: self.most + 1] if row.pk not in known)
        found = [*exact, *others]
        if found:
            shown, mark = found[: self.most], Marker(self.words)
            yield Group(
                kind,
                shown,
                [kind.write(row, mark) for row in shown],
                has_more=len(found) > self.most,
                more_url=kind.list_url(self.words),
                is_exact=bool(exact),
                is_guess=is_guess,
            )

    def _exact(self, rows: QuerySet[Any]) -> list[Any]:
        """Those with the very number, which the latest few might not show."""
        return list(rows.filter(number__iexact=self.words)[: self.most])

    # Customers

    @property
    def _mine(self) -> CustomerQuerySet:
        customers: CustomerQuerySet = Customer.objects.visible_to(self.user)
        return customers.select_related("department")

    @property
    def _customers(self) -> CustomerQuerySet:
        return self._mine.filter(customers_matching(self.words)).order_by("sort_name", "pk")

    @cached_property
    def _customer_ids(self) -> list[int]:
        return list(self._customers.values_list("pk", flat=True)[:MOST_FOUND])

    def _spelt_like(self) -> CustomerQuerySet:
        return customers_spelt_like(self.user, self.words).select_related("department")

    # Documents

    @property
    def _invoices(self) -> BelongsToCustomerQuerySet:
        return invoices_of(self.user).select_related("customer")

    @property
    def _orders(self) -> BelongsToCustomerQuerySet:
        return orders_of(self.user).select_related("customer")

    def _numbered(self) -> Q:
        """Documents by their number, the customer's own, or by their customer."""
        return (
            number_like("number", self.words)
            | number_like("customer_reference", self.words)
            | Q(customer__in=self._customer_ids)
        )

    def _latest_invoices(self) -> BelongsToCustomerQuerySet:
        orders = orders_of(self.user).filter(number_like("number", self.words))
        on_orders = Q(order__in=list(orders.values_list("pk", flat=True)[:MOST_FOUND]))
        return self._invoices.filter(self._numbered() | on_orders).order_by("-issued_on", "-pk")

    def _latest_orders(self) -> BelongsToCustomerQuerySet:
        return self._orders.filter(self._numbered()).order_by("-ordered_on", "-pk")

    def _lines(self) -> QuerySet[Any]:
        lines = latest_with_product(self.user, self.words, self.most + 1)
        return lines.select_related("invoice__customer", "product")

    # Credit notes

    def _credit_notes(self) -> QuerySet[Any]:
        found = (
            Q(pk__in=self._notes_by_number())
            | Q(customer__in=self._customer_ids)
            | number_like("customer_reference", self.words)
        )
        notes: QuerySet[Any] = CreditNote.objects.visible_to(self.user).with_parties()
        mine = notes.filter(found, company=self.user.company_id)
        return mine.order_by("-changed_at", "-pk")

    def _notes_by_number(self) -> list[int]:
        """Notes of that reference or legal number, and those on the invoice of that number."""
        issued = Q(company=self.user.company_id, number__startswith=self.words.upper())
        if legal := _LEGAL_NUMBER.fullmatch(self.words):
            issued |= Q(series__company=self.user.company_id, sequence=int(legal[1]))
        documents = IssuedDocument.objects.filter(issued).values_list("note", flat=True)
        lines = CreditLine.objects.filter(
            creditable__invoice__number=self.words.upper(),
            creditable__invoice__company=self.user.company_id,
        ).values_list("note", flat=True)
        found = [*documents[:MOST_FOUND], *lines[:MOST_FOUND]]
        if reference := _REFERENCE.fullmatch(self.words):
            found.append(int(reference[1]))
        return found
