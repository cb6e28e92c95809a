"""Hearing of changes through Redis, again and again when it goes away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from config.live.hub import Hub
from customers.live import Change, channel

logger = structlog.get_logger(__name__)

#: How long Redis may be silent before it is asked whether it is there, and then to answer.
SILENCE = 10.0
LONGEST_PAUSE = 5.0

Handler = Callable[[Change], None]


async def follow(hub: Hub, handle: Handler) -> None:
    """Hand on each change that is announced, for ever; the hub knows whether we hear."""
    failures = 0
    while True:
        try:
            # Connecting again is ours to see: what was said meanwhile is lost.
            at_once = Retry(NoBackoff(), 0)
            redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, retry=at_once)
            async with redis, redis.pubsub() as channels:
                await channels.subscribe(channel())
                hub.begin_to_hear()
                failures = 0
                await _listen(channels, handle)
        except (RedisError, OSError) as error:
            if hub.hears or not failures:
                logger.warning("feed_away", reason=str(error) or type(error).__name__)
            hub.cease_to_hear()
        failures += 1
        await asyncio.sleep(min(0.1 * 2**failures, LONGEST_PAUSE) * random.uniform(0.5, 1))  # noqa: S311


async def _listen(channels: PubSub, handle: Handler) -> None:
    """Raises :class:`ConnectionError` where Redis is silent even when asked."""
    asked = False
    while True:
        message = await channels.get_message(timeout=SILENCE)
        if message is None:
            if asked:
                raise ConnectionError("no answer")
            await channels.ping()
        elif message["type"] == "message":
            _hand_on(message["data"], handle)
        asked = message is None


def _hand_on(text: bytes, handle: Handler) -> None:
    try:
        change = Change.from_json(text)
    except (ValueError, TypeError, KeyError):
        logger.warning("change_not_understood")  # of another version: an upgrade is under way
    else:
        handle(change)
