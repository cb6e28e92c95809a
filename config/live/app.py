"""The ASGI application of the live process."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import structlog
from django.db import DatabaseError

from approvals.concerned import whose_queue
from config.live.access import ask_of_change, who_sees
from config.live.feed import follow
from config.live.hub import NEWS, QUEUE, Hub
from config.live.stream import Receive, Refused, Request, Scope, Send, converse, listener_for
from customers.live import Change

logger = structlog.get_logger(__name__)

#: How many people are asked about at once, before they are told.
SLICE = 50


class Live:
    """Streams at ``/live/``, the state of things at ``/live/health/``."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._telling: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/live/health/":
            await _answer(send, 200, {"feed": "ok" if self.hub.hears else "away"})
        elif scope["path"] != "/live/":
            await _answer(send, 404)
        elif scope["method"] != "GET":
            await _answer(send, 405)
        else:
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = Request.of(scope)
            listener = await listener_for(request, self.hub)
        except Refused as refused:
            await _answer(send, refused.status)
            return
        self.hub.add(listener, request.age)
        try:
            await converse(request, listener, receive, send)
        finally:
            self.hub.remove(listener)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Follow the feed between the server's start and its end."""
        await receive()
        feed = asyncio.create_task(follow(self.hub, self.take))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        feed.cancel()
        with suppress(asyncio.CancelledError):
            await feed
        await send({"type": "lifespan.shutdown.complete"})

    def take(self, change: Change) -> None:
        """Begin to tell whom a change concerns."""
        task = asyncio.create_task(self._tell(change))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, change: Change) -> None:
        self.hub.doubt(change.signed_out)
        if change.news:
            self.hub.tell(NEWS, change.news)
        if change.note is not None:
            try:
                await self._tell_of_note(change.note, staff_only=change.staff_only)
            except DatabaseError as error:
                logger.warning("change_not_told", note=change.note, reason=str(error))

    async def _tell_of_note(self, note: int, *, staff_only: bool) -> None:
        """Tell those who follow it and may see it now, and those whose queue it may be in.

        Of what is internal no customer hears that it happened.
        """
        self.hub.note_changed(note, staff_only=staff_only)
        followers = sorted(self.hub.followers(note, staff_only=staff_only))
        for start in range(0, len(followers), SLICE):
            some = followers[start : start + SLICE]
            self.hub.tell_followers(note, await ask_of_change(who_sees, note, some))
        self.hub.tell(QUEUE, await ask_of_change(whose_queue, note))


async def _answer(send: Send, status: int, facts: dict[str, str] | None = None) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(facts or {}).encode()})
