"""Broker, cache and counts: something goes there and comes back."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from studio_detector.service.cache.memory import MemoryCache
from studio_detector.service.cache.open import open_cache
from studio_detector.service.checks.finding import failed, ok, warning
from studio_detector.service.queues.open import make_broker
from studio_detector.service.queues.wire import ServerAwayError
from studio_detector.service.rates.memory import MemoryRates
from studio_detector.service.rates.open import open_rates

if TYPE_CHECKING:
    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.settings import ServiceSettings

_IN_MEMORY = "the memory of the process that serves"
# What a check that is broken off leaves behind is forgotten after so long.
_PROBE_S = 60.0


def check_broker(settings: ServiceSettings) -> Finding:
    """Whether a message goes and comes back."""
    with contextlib.closing(make_broker(settings)) as broker:
        try:
            carrier = broker.probe()
        except ServerAwayError as error:
            return failed(
                f"no message came back ({error}); see to what broker_url names, and to the rights "
                "of its user"
            )
    return ok(carrier)


def check_cache(settings: ServiceSettings) -> Finding:
    """Whether it gives what was put, and nothing any more once that is deleted."""
    with contextlib.closing(open_cache(settings)) as cache:
        if isinstance(cache, MemoryCache):
            return ok(_IN_MEMORY)
        name = secrets.token_hex(16)
        key = f"probe:{name}"
        cache.put(key, name, _PROBE_S)
        found = cache.get(key)
        cache.delete(key)
        is_left = cache.get(key) is not None
    if found is None:
        return warning(
            "it gives no answer, and every picture is looked up in the database; see to what "
            "cache_url names"
        )
    if found != name or is_left:
        return warning("it does not keep what is put there; see to what cache_url names")
    return ok("Redis")


def check_rates(settings: ServiceSettings) -> Finding:
    """Whether the counts of requests can be reached."""
    with contextlib.closing(open_rates(settings)) as rates:
        if isinstance(rates, MemoryRates):
            return ok(_IN_MEMORY)
        if not rates.ping():
            return warning(
                "the counts cannot be reached, and every process counts for itself; see to what "
                "rates_url or cache_url names"
            )
    return ok("Redis")
