"""Fetching what a customer's contact may see, or answering 404 (rule 7)."""

from __future__ import annotations

from typing import cast

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from creditnotes.models import Attachment, CreditNote, Origin, State
from customers.access import is_staff_member
from customers.models import Customer, Invoice, User

#: A contact's draft that was not sent: nothing to show yet.
UNSENT = Q(state=State.DRAFT, origin=Origin.PORTAL, owner__isnull=True)


def visitor_of(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def customers_of(user: User) -> list[Customer]:
    """The customers whom this person represents; 404 for staff who represent nobody."""
    customers = list(
        Customer.objects.represented_by(user).select_related("company").order_by("sort_name", "pk")
    )
    if not customers and is_staff_member(user):
        raise Http404
    return customers


def chosen(customers: list[Customer], pk: str | None) -> Customer:
    """The one that the address asks for, else the first; 404 for somebody else's."""
    if not pk:
        return customers[0]
    for customer in customers:
        if str(customer.pk) == pk:
            return customer
    raise Http404


def notes_of(user: User) -> QuerySet[CreditNote]:
    """Requests that were sent, and credits: what this contact sees in lists."""
    notes: QuerySet[CreditNote] = CreditNote.objects.shown_to_contact(user).exclude(UNSENT)
    return notes


def note_or_404(user: User, pk: int) -> CreditNote:
    """The credit note or request, if it is shown to this contact."""
    notes = notes_of(user).select_related(
        "customer__company", "reason", "document", "debit_note", "created_by"
    )
    note: CreditNote = get_object_or_404(notes, pk=pk)
    return note


def invoice_or_404(user: User, pk: int) -> Invoice:
    """The invoice, if this contact acts for its customer."""
    invoices = Invoice.objects.represented_by(user)
    invoice: Invoice = get_object_or_404(
        invoices.select_related("customer__company", "site", "order", "entry__open_item"), pk=pk
    )
    return invoice


def attachments_of(user: User) -> QuerySet[Attachment]:
    """Files that contacts added; what the company's people add is for themselves."""
    return Attachment.objects.filter(
        note__in=CreditNote.objects.shown_to_contact(user), added_by__company__isnull=True
    )
