"""Which cache the settings mean."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_detector.errors import ConfigError
from studio_detector.service.breaker import Breaker
from studio_detector.service.cache.memory import MemoryCache

if TYPE_CHECKING:
    from studio_detector.service.cache.redis_cache import RedisCache
    from studio_detector.service.settings import ServiceSettings


def open_cache(settings: ServiceSettings) -> MemoryCache | RedisCache:
    """Open the cache of results.

    Args:
        settings: ``cache_url`` and what belongs to it.

    Raises:
        ConfigError: ``config_invalid_value`` if ``cache_url`` is of no known kind.
    """
    scheme = urlsplit(settings.cache_url).scheme
    if scheme == "memory":
        return MemoryCache(settings.result_cache_entries)
    if scheme in {"redis", "rediss", "unix"}:
        # A library that the embedded service does without.
        from studio_detector.service.cache.redis_cache import RedisCache  # noqa: PLC0415

        breaker = Breaker("the cache", settings.breaker_failures, settings.breaker_pause_s)
        namespace = f"{settings.namespace}:results"
        return RedisCache(settings.cache_url, namespace=namespace, breaker=breaker)
    raise ConfigError(
        f"cache_url begins with {scheme!r}, which is no cache; set memory:// or redis://...",
        code="config_invalid_value",
    )
