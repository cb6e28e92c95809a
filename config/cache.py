"""A cache that may be away: pages are slower without it, not broken."""

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Answers as an empty cache would while Redis does not answer.

    Nothing that must not be lost may live in a cache; sign-in attempts, sessions and
    work to do are in the database.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().add, True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().touch, False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().delete, False, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(self._try(super().get_many, {}, *args, **kwargs))

    def set_many(self, data: dict[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._try(super().set_many, list(data), data, *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try(super().has_key, False, *args, **kwargs))

    def clear(self) -> None:
        """Forget what is ours; Django would empty all of Redis, the queues with it."""
        self._try(self._forget, None)

    def _forget(self) -> None:
        redis = self._cache.get_client(write=True)
        ours = list(redis.scan_iter(match=f"{self.key_prefix}:*", count=1000))
        if ours:
            redis.unlink(*ours)

    def _try(self, operation: Any, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(*args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("cache_away", reason=type(error).__name__)
            return fallback
