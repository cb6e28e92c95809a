"""Customers and the people there: found by number, name, telephone; what they owe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from customers.matching import digits_of, name_like, number_like
from customers.models import Contact, Customer, OpenItem, User
from customers.money import ZERO
from customers.paging import both_ways
from customers.querysets import CustomerQuerySet
from customers.text import sort_key

CUSTOMER_ORDERS = both_ways(
    name=("sort_name",),
    number=("number",),
    department=("department__name", "sort_name"),
    tier=("tier", "sort_name"),
    owes=("owes",),
    late=("late",),
    limit=("limit_or_most",),
    created=("created_at",),
)
#: More than any limit: who has none sorts as who may owe the most.
_MOST = Decimal("999999999999.99")
#: How alike a misspelt word and the name's are at least; 1 is the same.
_ALIKE = 0.4

#: What is open of an item, in base currency.
_LEFT = F("base_amount") - F("base_applied")


@dataclass(frozen=True)
class Standing:
    """What one customer owes, and how much of it is past due, in the company's base currency."""

    balance: Decimal = ZERO
    past_due: Decimal = ZERO


def customers_narrowed(user: User, filters: Mapping[str, Any], today: date) -> CustomerQuerySet:
    """The customers whom ``user`` serves, narrowed by the filter form's cleaned values.

    What they owe is worked out for each only where the list is sorted by it.
    """
    customers = Customer.objects.visible_to(user).select_related("department", "company")
    if words := filters.get("q"):
        customers = customers.filter(customers_matching(words))
    if department := filters.get("department"):
        customers = customers.filter(department=department)
    if tier := filters.get("tier"):
        customers = customers.filter(tier=tier)
    customers = customers.filter(_standing(filters.get("standing", ""), today))
    return _with_sums(customers, str(filters.get("sort", "")).lstrip("-"), today)


def customers_matching(words: str) -> Q:
    """Customers whose number contains the words, or whose name does, in whatever order."""
    return number_like("number", words) | name_like("sort_name", words)


def customers_spelt_like(user: User, words: str) -> CustomerQuerySet:
    """Customers whose name is nearly what was typed, the likeliest first: a last resort."""
    alike = TrigramWordSimilarity(sort_key(words), "sort_name")
    customers: CustomerQuerySet = Customer.objects.visible_to(user).annotate(alike=alike)
    return customers.filter(alike__gte=_ALIKE).order_by("-alike", "sort_name", "pk")


def contacts_matching(user: User, words: str) -> QuerySet[Contact]:
    """The people at one's customers by name, e-mail or, once it is long enough, telephone."""
    like = name_like("name__folded", words) | number_like("email", words)
    if digits := digits_of(words):
        like |= Q(phone__digits__contains=digits)
    return (
        Contact.objects.filter(like, customer__in=Customer.objects.visible_to(user))
        .select_related("customer")
        .order_by("name", "pk")
    )


def standings_of(
    customers: Sequence[Customer] | CustomerQuerySet, today: date
) -> dict[int, Standing]:
    """What each of these customers owes today, in one query; who owes nothing is left out."""
    sums = (
        OpenItem.objects.filter(customer__in=customers, applied__lt=F("amount"))
        .values("customer")
        .annotate(owed=_signed_sum(), late=Sum(_LEFT, filter=_past_due(today), default=ZERO))
        .values_list("customer", "owed", "late")
    )
    return {pk: Standing(owed, late) for pk, owed, late in sums}


def _signed_sum() -> Sum:
    pays = When(side=OpenItem.Side.PAYS, then=F("base_applied") - F("base_amount"))
    return Sum(Case(pays, default=_LEFT), output_field=DecimalField())


def _past_due(today: date) -> Q:
    return Q(side=OpenItem.Side.OWES, due_on__lt=today)


def _standing(standing: str, today: date) -> Q:
    open_items = OpenItem.objects.filter(applied__lt=F("amount"))
    match standing:
        case "owes":
            return Q(pk__in=open_items.filter(side=OpenItem.Side.OWES).values("customer"))
        case "late":
            return Q(pk__in=open_items.filter(_past_due(today)).values("customer"))
    return Q()


def _with_sums(customers: CustomerQuerySet, sort: str, today: date) -> CustomerQuerySet:
    items = OpenItem.objects.filter(customer=OuterRef("pk"), applied__lt=F("amount")).order_by()
    match sort:
        case "owes":
            sums = items.values("customer").annotate(sum=_signed_sum()).values("sum")
        case "late":
            late = items.filter(_past_due(today)).values("customer")
            sums = late.annotate(sum=Sum(_LEFT)).values("sum")
        case "limit":
            return customers.annotate(limit_or_most=Coalesce("credit_limit", _MOST))  # type: ignore[no-any-return]
        case _:
            return customers
    total = Coalesce(Subquery(sums), ZERO, output_field=DecimalField(decimal_places=2))
    return customers.annotate(**{sort: total})  # type: ignore[no-any-return]
