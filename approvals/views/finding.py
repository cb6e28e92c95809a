"""Fetching what a person may see, or answering 404."""

from __future__ import annotations

from typing import cast

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from approvals.models import Step
from creditnotes.models import CreditNote
from customers.models import User


def signed_in(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def note_or_404(request: HttpRequest, pk: int) -> CreditNote:
    """The note if the person may see it; ``is_theirs`` tells if it waits for themselves."""
    user = signed_in(request)
    notes = CreditNote.objects.visible_to(user).with_parties()
    own = Step.objects.decidable_by(user).asking(user).filter(note=OuterRef("pk"))
    notes = notes.select_related("company", "customer__department").annotate(is_theirs=Exists(own))
    note: CreditNote = get_object_or_404(notes, pk=pk)
    user.company = note.company  # at hand already; the frame names it
    return note
