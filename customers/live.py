"""Telling open pages that something changed, so that they ask again for what they may see.

What is announced names people or a credit note by id, never content. It goes through
Redis to the live process (:mod:`config.live`), which decides who hears of it. Nothing
depends on its arrival: a page that missed it is brought up to date by the next look.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

#: How long a request may wait for a Redis that does not answer.
SECONDS = 0.5


@dataclass(frozen=True)
class Change:
    """What happened, by ids."""

    #: A credit note to which something happened.
    note: int | None = None
    #: People whose news changed.
    news: tuple[int, ...] = ()
    #: People of whom a sign-in ended.
    signed_out: tuple[int, ...] = ()
    #: Whether customers may not even know that something happened to the note.
    staff_only: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Change:
        """The change that :meth:`to_json` wrote; raises ``ValueError`` or ``TypeError`` else."""
        facts = json.loads(text)
        people = tuple(facts["news"]), tuple(facts["signed_out"])
        return cls(facts["note"], *people, facts["staff_only"])


def channel() -> str:
    """The Redis channel of this installation."""
    return f"{settings.REDIS_PREFIX}live"


def announce(change: Change) -> None:
    """Tell the live process of the change as soon as it is committed."""
    transaction.on_commit(lambda: _publish(change), robust=True)


def announce_sign_out(sender: object, instance: Session, **_facts: Any) -> None:
    """Have the open pages of a session that was deleted look whether they are still signed in."""
    if user := instance.get_decoded().get(SESSION_KEY):
        announce(Change(signed_out=(int(user),)))


def _publish(change: Change) -> None:
    try:
        _redis().publish(channel(), change.to_json())
    except (RedisError, OSError) as error:
        logger.warning("live_away", reason=type(error).__name__)


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=SECONDS, socket_timeout=SECONDS
    )
