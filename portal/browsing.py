"""The customer's lists: what is searched, how it is narrowed, in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from creditnotes.models import CreditableLine, CreditableTax, CreditNote, State
from customers.models import Customer, Invoice, User
from customers.money import ZERO
from customers.querysets import BelongsToCustomerQuerySet
from portal import access
from portal.expecting import UNDECIDED
from portal.story import GRANTED, with_wishes

_REFERENCE = re.compile(r"(?:CR-?)?0*(\d{1,18})", re.IGNORECASE)

#: Name of a sort → columns, the last one unique.
NOTE_ORDERS: Mapping[str, tuple[str, ...]] = {
    "-created": ("-created_at", "-id"),
    "created": ("created_at", "id"),
}
INVOICE_ORDERS: Mapping[str, tuple[str, ...]] = {
    "-date": ("-issued_on", "-id"),
    "date": ("issued_on", "id"),
    "due": ("due_on", "id"),
    "-total": ("-total", "-id"),
    "total": ("total", "id"),
}
#: What a customer calls a state → the states.
STATES_CALLED: Mapping[str, tuple[str, ...]] = {
    "waiting": (*UNDECIDED, State.APPROVED),
    "credited": (State.ISSUED,),
    "refused": (State.REJECTED, State.WITHDRAWN, State.CANCELLED, State.REVERSED),
}


def notes_of(user: User, customer: Customer) -> QuerySet[CreditNote]:
    """The customer's requests and credits as lists show them, each with the customer's wish."""
    notes = access.notes_of(user).filter(customer=customer)
    return with_wishes(notes).select_related("reason")


def notes_on(user: User, *invoices: Invoice) -> QuerySet[CreditNote]:
    """The requests and credit notes of these invoices, the newest first."""
    notes = access.notes_of(user).filter(lines__creditable__invoice__in=invoices).distinct()
    return with_wishes(notes).select_related("reason").order_by("-pk")


def notes_narrowed(
    user: User, customer: Customer, filters: Mapping[str, Any]
) -> QuerySet[CreditNote]:
    """The same, narrowed by the filter form's cleaned values."""
    notes = notes_of(user, customer)
    if states := STATES_CALLED.get(filters.get("state") or ""):
        notes = notes.filter(state__in=states)
    if words := filters.get("q"):
        shown = access.notes_of(user).filter(customer=customer)
        notes = notes.filter(pk__in=shown.filter(_notes_matching(words)).values("pk"))
    return notes


def _notes_matching(words: str) -> Q:
    """By our reference or number, the customer's own, or an invoice that was credited.

    What colleagues make of a request is not searched before it is decided.
    """
    granted = Q(state__in=GRANTED)
    found = Q(document__number__istartswith=words)
    found |= Q(customer_reference__icontains=words)
    found |= granted & Q(lines__creditable__invoice__number__iexact=words)
    if reference := _REFERENCE.fullmatch(words):
        found |= Q(pk=int(reference[1]))
    return found


def invoices_of(user: User, customer: Customer) -> BelongsToCustomerQuerySet:
    """The customer's invoices, each with ``left_to_pay`` and ``left_to_credit`` (with tax)."""
    item = "entry__open_item"
    paid = Coalesce(F(f"{item}__amount") - F(f"{item}__applied"), ZERO, output_field=DecimalField())
    invoices = Invoice.objects.represented_by(user).filter(customer=customer)
    annotated: BelongsToCustomerQuerySet = invoices.annotate(
        left_to_pay=paid,
        left_to_credit=Coalesce(_left(CreditableLine, "net"), F("net"))
        + Coalesce(_left(CreditableTax, "amount"), F("tax_total")),
    )
    return annotated


def _left(counters: Any, what: str) -> Subquery:
    """What is neither credited nor asked for; nothing where no counter was made yet."""
    rows = counters.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    left = F(f"charged_{what}") - F(f"reserved_{what}") - F(f"issued_{what}")
    return Subquery(rows.annotate(sum=Sum(left)).values("sum"), output_field=DecimalField())


def invoices_narrowed(
    user: User, customer: Customer, filters: Mapping[str, Any], today: date
) -> BelongsToCustomerQuerySet:
    """The customer's invoices, narrowed by the filter form's cleaned values."""
    invoices = invoices_of(user, customer)
    if words := filters.get("q"):
        found = Invoice.objects.filter(customer=customer).filter(_invoices_matching(words))
        invoices = invoices.filter(pk__in=found.values("pk"))
    match filters.get("status"):
        case "open":
            invoices = invoices.filter(left_to_pay__gt=0)
        case "overdue":
            invoices = invoices.filter(left_to_pay__gt=0, due_on__lt=today)
        case "paid":
            invoices = invoices.filter(left_to_pay=0)
    return invoices


def _invoices_matching(words: str) -> Q:
    matching = Q(number__icontains=words) | Q(customer_reference__icontains=words)
    named = Q(lines__description__icontains=words) | Q(lines__product__name_fr__icontains=words)
    return matching | named
