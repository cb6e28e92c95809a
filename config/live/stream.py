"""One browser's stream: who it is, what it follows, and telling it as long as it is there."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie

from config.live.access import ask, is_of_staff, signed_in, visible_notes
from config.live.hub import Hub, Listener

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: How long a stream is silent at most, and a sign-in is trusted at most.
BEAT = 40.0
#: How many credit notes a page may follow.
MOST_NOTES = 100
#: How many pages of one sign-in may listen.
MOST_PAGES = 20

HELLO, STILL_HERE, GOODBYE = "hello", "beat", "goodbye"


class Refused(Exception):
    """The stream is not opened; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What a browser asks for."""

    session: str
    origin: str
    notes: frozenset[int]
    age: float

    @classmethod
    def of(cls, scope: Scope) -> Request:
        """Read it; raises :class:`Refused` for what no page of ours sends."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            notes = frozenset(int(note) for note in query.get("note", ()))
            age = float(query.get("age", ["0"])[-1]) / 1000
        except ValueError:
            raise Refused(400) from None
        if len(notes) > MOST_NOTES or any(not 0 < note < 2**63 for note in notes):
            raise Refused(400)
        session = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
        return cls(session, headers.get("origin", ""), notes, age)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those of the answer; a page of the same site on another port may read it."""
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"vary", b"origin"),
            (b"x-accel-buffering", b"no"),  # nginx passes each word on at once
        ]
        if self.origin:
            headers += [
                (b"access-control-allow-origin", self.origin.encode("latin-1")),
                (b"access-control-allow-credentials", b"true"),
            ]
        return headers


async def listener_for(request: Request, hub: Hub) -> Listener:
    """The page, once it is clear whose it is and what they may see; raises :class:`Refused`."""
    if request.origin and request.origin not in settings.LIVE_ORIGINS:
        raise Refused(403)
    try:
        user = await ask(signed_in, request.session) if request.session else None
        if user is None:
            raise Refused(401)
        notes = await ask(visible_notes, user, request.notes)
        is_staff = await ask(is_of_staff, user)
    except DatabaseError:
        raise Refused(503) from None
    if hub.pages_of(user, request.session) >= MOST_PAGES:
        raise Refused(429)
    return Listener(user, request.session, notes, is_staff)


async def tell(listener: Listener, send: Send) -> None:
    """Tell the page what there is, until it goes away, is signed out, or we stop."""
    await _say(send, [HELLO])
    trusted_until = _soon()
    while not listener.closed:
        words = await listener.words(trusted_until - time.monotonic())
        if listener.doubtful or time.monotonic() >= trusted_until:
            if not await _still_signed_in(listener):
                await _say(send, [GOODBYE])
                return
            listener.doubtful, trusted_until = False, _soon()
            words = words or [STILL_HERE]
        if words and not listener.closed:
            await _say(send, words)


async def close_when_gone(listener: Listener, receive: Receive) -> None:
    """Close the listener once its browser has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close()


async def converse(request: Request, listener: Listener, receive: Receive, send: Send) -> None:
    """Speak with one browser from beginning to end."""
    await send({"type": "http.response.start", "status": 200, "headers": request.headers()})
    hanging_up = asyncio.create_task(close_when_gone(listener, receive))
    try:
        await tell(listener, send)
    finally:
        hanging_up.cancel()
    await send({"type": "http.response.body", "body": b""})


def _soon() -> float:
    """When to look at a sign-in again: not at all of them at once."""
    return time.monotonic() + BEAT * random.uniform(0.5, 1)  # noqa: S311


async def _still_signed_in(listener: Listener) -> bool:
    """Whether the session is still that person's; in doubt, while the database is away, yes."""
    with suppress(DatabaseError):
        return await ask(signed_in, listener.session) == listener.user
    return True


async def _say(send: Send, words: list[str]) -> None:
    body = "".join(f"data: {word}\n\n" for word in words).encode()
    await send({"type": "http.response.body", "body": body, "more_body": True})
