"""Signing somebody out wherever they are."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from customers.models import User


def sign_out_everywhere(person: User) -> None:
    """End every session of the person; each by itself, so that open pages hear of it."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
