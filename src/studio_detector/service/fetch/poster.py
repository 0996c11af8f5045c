"""Messages to addresses that others chose, through the same guard as pictures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.service.fetch.rules import AddressRules
from studio_detector.service.fetch.way_out import WayOut

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.settings import ServiceSettings

#: How much of an answer's body is read, so that the connection can be used again.
MOST_READ_BYTES = 4096
_MOST_READ_S = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered.

    Attributes:
        status: HTTP status; a redirect is one like any other, and is not followed.
        retry_after_s: Seconds for which it asks to be left alone; None if it does not.
    """

    status: int
    retry_after_s: float | None = None


class GuardedPoster(WayOut):
    """Posts messages; one for a process, safe to use from many threads.

    Args:
        settings: Those of the service, ``callback_*``, ``fetch_*`` and ``breaker_*``.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.

    Raises:
        ConfigError: ``config_invalid_value`` for a port, host or network that is none.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout_s = settings.callback_timeout_s
        super().__init__(
            AddressRules.for_callbacks(settings), settings, resolve=resolve, ssl_context=ssl_context
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a message.

        Args:
            url: Where to.
            body: What is sent, to the byte.
            headers: Beside those that every request has.

        Returns:
            The answer. Of its body no more than `MOST_READ_BYTES` are read, and none kept.

        Raises:
            FetchError: ``fetch_refused`` if the address may not be asked, ``fetch_failed`` if
                there was no answer, ``fetch_timeout`` if there was none in
                ``callback_timeout_s``.
        """
        until = time.monotonic() + self._timeout_s
        target = self._rules.check(url)
        with self._client.ask("POST", target, until=until, headers=headers, body=body) as reply:
            reply.drain(MOST_READ_BYTES, _MOST_READ_S)
            return Answer(status=reply.status, retry_after_s=reply.retry_after_s)
