"""Where the settings would have requests counted."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_detector.errors import ConfigError
from studio_detector.service.breaker import Breaker
from studio_detector.service.rate import read_rate
from studio_detector.service.rates.memory import MemoryRates

if TYPE_CHECKING:
    from studio_detector.service.rate import Rate
    from studio_detector.service.rates.base import Kind
    from studio_detector.service.rates.redis_rates import RedisRates
    from studio_detector.service.settings import ServiceSettings

_KINDS: tuple[Kind, ...] = ("key", "tenant", "address", "global", "failed", "megapixels")


def open_rates(settings: ServiceSettings) -> MemoryRates | RedisRates:
    """Open the counts of requests.

    Args:
        settings: ``rate_*``, ``rates_url``, and ``cache_url`` where that is not set.

    Raises:
        ConfigError: ``config_invalid_value`` for a place of no known kind.
    """
    limits = _limits(settings)
    url = settings.rates_url or settings.cache_url
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return MemoryRates(limits)
    if scheme in {"redis", "rediss", "unix"}:
        # A library that the embedded service does without.
        from studio_detector.service.rates.redis_rates import RedisRates  # noqa: PLC0415

        breaker = Breaker("counting requests", settings.breaker_failures, settings.breaker_pause_s)
        return RedisRates(url, limits, namespace=f"{settings.namespace}:rates", breaker=breaker)
    raise ConfigError(
        f"rates_url begins with {scheme!r}, where nothing is counted; set memory:// or redis://...",
        code="config_invalid_value",
    )


def _limits(settings: ServiceSettings) -> dict[Kind, Rate]:
    limits: dict[Kind, Rate] = {}
    for kind in _KINDS:
        name = f"rate_{kind}"
        rate = read_rate(getattr(settings, name), name=name)
        if rate is not None:
            limits[kind] = rate
    return limits
