"""Which broker the settings mean."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_detector.errors import ConfigError
from studio_detector.service.breaker import Breaker
from studio_detector.service.queues.broker import Broker
from studio_detector.service.queues.embedded import EmbeddedWire

if TYPE_CHECKING:
    from studio_detector.service.queues.wire import Wire
    from studio_detector.service.settings import ServiceSettings

# Whoever accepts a job waits for this; what could not be sent, the sweeper sends.
_FAILURES = 1
_PAUSE_S = 2.0


def make_broker(settings: ServiceSettings) -> Broker:
    """Make the broker; no server is asked yet.

    Args:
        settings: ``broker_url``, ``namespace`` and ``lease_s`` count.

    Raises:
        ConfigError: ``config_invalid_value`` if ``broker_url`` is of no known kind.
    """
    return Broker(_wire(settings), Breaker("the broker", _FAILURES, _PAUSE_S))


def _wire(settings: ServiceSettings) -> Wire:
    scheme = urlsplit(settings.broker_url).scheme
    if scheme == "embedded":
        return EmbeddedWire()
    # Each with a library that the others do without.
    if scheme in {"redis", "rediss", "unix"}:
        from studio_detector.service.queues.redis import RedisWire  # noqa: PLC0415

        return RedisWire(
            settings.broker_url, namespace=settings.namespace, dead_after_s=settings.lease_s
        )
    if scheme in {"amqp", "amqps"}:
        from studio_detector.service.queues.rabbitmq import RabbitmqWire  # noqa: PLC0415

        return RabbitmqWire(settings.broker_url, namespace=settings.namespace)
    raise ConfigError(
        f"broker_url begins with {scheme!r}, which is no broker; set embedded://, redis://... "
        "or amqp://...",
        code="config_invalid_value",
    )
