"""Fetching what a person may see, or answering 404."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from creditnotes.models import CreditNote
from customers.models import User


def signed_in(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def note_or_404(request: HttpRequest, pk: int) -> CreditNote:
    """The credit note, if this person may see it."""
    notes = CreditNote.objects.visible_to(signed_in(request)).with_parties()
    note: CreditNote = get_object_or_404(notes.select_related("company"), pk=pk)
    return note


def started_with(user: User, token: UUID | None) -> CreditNote | None:
    """The note that a page with this token has started already: a second click, or *back*."""
    if not token:
        return None
    own: QuerySet[CreditNote] = CreditNote.objects.filter(created_by=user)
    return own.filter(start_token=token).first()
