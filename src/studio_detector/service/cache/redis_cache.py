"""A cache in Redis, which several machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.service.breaker import Breaker

_T = TypeVar("_T")

# In the same building an answer takes a millisecond; analysing again takes some hundred.
_TIMEOUT_S = 0.25
# Redis cannot forget earlier than after this.
_SHORTEST_MS = 1
# What goes wrong with a server or on the way to it. A ValueError is a text that is none.
_ERRORS = (redis.RedisError, OSError, ValueError)


class RedisCache:
    """`ResultCache` that asks Redis, unless a breaker says that this is no use.

    Args:
        url: ``redis://...``, ``rediss://...`` or ``unix://...``.
        namespace: What its keys begin with, so that a Redis can be shared.
        breaker: Opens when Redis is away.

    Raises:
        ConfigError: ``config_invalid_value`` if the address is none of a Redis.
    """

    def __init__(self, url: str, *, namespace: str, breaker: Breaker) -> None:
        self._prefix = f"{namespace}:"
        self._breaker = breaker
        try:
            self._redis = redis.Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                # Connections that a restart of the server broke fail once each, at no cost in
                # time; what takes too long is not tried again.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
                decode_responses=True,
            )
        except ValueError as error:
            raise ConfigError(
                "cache_url is no address of a Redis; write it as redis://host:6379/0",
                code="config_invalid_value",
            ) from error

    @property
    def is_away(self) -> bool:
        """See `ResultCache.is_away`."""
        return self._breaker.is_failing

    @property
    def is_left_alone(self) -> bool:
        """See `ResultCache.is_left_alone`."""
        return self._breaker.is_open

    def get(self, key: str) -> str | None:
        """See `ResultCache.get`."""
        value = self._asked(lambda: self._redis.get(self._prefix + key))
        return value if isinstance(value, str) else None

    def put(self, key: str, value: str, ttl_s: float) -> None:
        """See `ResultCache.put`."""
        if ttl_s > 0:
            milliseconds = max(_SHORTEST_MS, round(ttl_s * 1000))
            self._asked(lambda: self._redis.set(self._prefix + key, value, px=milliseconds))

    def delete(self, key: str) -> None:
        """See `ResultCache.delete`."""
        self._asked(lambda: self._redis.delete(self._prefix + key))

    def ping(self) -> bool:
        """See `ResultCache.ping`."""
        try:
            self._redis.ping()
        except _ERRORS:
            self._breaker.failed()
            return False
        self._breaker.succeeded()
        return True

    def close(self) -> None:
        """See `ResultCache.close`."""
        self._redis.close()

    def _asked(self, question: Callable[[], _T]) -> _T | None:
        if not self._breaker.allows():
            return None
        try:
            answer = question()
        except _ERRORS:
            self._breaker.failed()
            return None
        self._breaker.succeeded()
        return answer
