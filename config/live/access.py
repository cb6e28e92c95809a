"""What the live process asks of the database, in a few threads that share few connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.contrib import auth
from django.db import connections
from django.http import HttpRequest

from creditnotes.models import CreditNote
from customers.access import is_staff_member
from customers.models import User

P = ParamSpec("P")
T = TypeVar("T")

#: Who is this? Asked of every page, now and then of all of them at once.
_visitors = ThreadPoolExecutor(2, "visitors")
#: Whom does this change concern? Never waits behind the others.
_changes = ThreadPoolExecutor(2, "changes")


async def ask(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Put a question about a visitor to the database without holding up anybody else."""
    return await _put(_visitors, question, *args, **kwargs)


async def ask_of_change(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Put a question about a change to the database."""
    return await _put(_changes, question, *args, **kwargs)


async def _put(
    threads: ThreadPoolExecutor, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    def answer() -> T:
        try:
            return question(*args, **kwargs)
        finally:
            connections.close_all()  # gives them back to the pool

    return await asyncio.get_running_loop().run_in_executor(threads, answer)


def signed_in(session_key: str) -> int | None:
    """Who is signed in with that session, by Django's own rules; nobody if it ended."""
    request: Any = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = auth.get_user(request)
    return user.pk if user.is_authenticated and user.is_active else None


def visible_notes(user_id: int, notes: Collection[int]) -> frozenset[int]:
    """Those of the notes that the person may see, as staff or as a contact (rule 7)."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not notes:
        return frozenset()
    seen = CreditNote.objects.visible_to(user) | CreditNote.objects.shown_to_contact(user)
    return frozenset(seen.filter(pk__in=notes).values_list("pk", flat=True))


def is_of_staff(user_id: int) -> bool:
    """Whether the person is one of the company's own; a customer's contact hears less."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user is not None and is_staff_member(user)


def who_sees(note: int, users: Collection[int]) -> frozenset[int]:
    """Those of the people who may see the note now."""
    return frozenset(user for user in users if visible_notes(user, [note]))
