"""Fetching what a person may see, or answering 404."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from creditnotes.models import CreditNote
from customers.models import User


def signed_in(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def note_or_404(request: HttpRequest, pk: int) -> CreditNote:
    """The note if the person may see it."""
    user = signed_in(request)
    notes = CreditNote.objects.visible_to(user).with_parties()
    notes = notes.select_related("company", "rebill__invoice__company", "rebill__site")
    note: CreditNote = get_object_or_404(notes, pk=pk)
    # At hand already: the frame names it, the customer's figures are in its currency.
    user.company = note.customer.company = note.company
    return note
