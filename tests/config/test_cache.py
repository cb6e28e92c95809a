"""The cache shares its Redis with the queues, and with other processes of the tests."""

from __future__ import annotations

import redis
from django.conf import settings
from django.core.cache import cache


def test_clearing_it_leaves_everything_else_alone() -> None:
    server = redis.Redis.from_url(settings.REDIS_URL)
    queue = f"{settings.REDIS_PREFIX}queue-of-this-test"
    server.set(queue, "work")
    cache.set("figure", 7)
    cache.clear()
    assert cache.get("figure") is None
    assert server.getdel(queue) == b"work"
