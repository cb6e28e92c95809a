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
    note: CreditNote = get_object_or_404(notes.select_related("company"), pk=pk)
    user.company = note.company  # at hand already; the frame names it
    return note
