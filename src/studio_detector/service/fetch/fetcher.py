"""Pictures from addresses: the bytes, or the reason why not and whether to try again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studio_detector.service.fetch.faults import away, failed, not_now
from studio_detector.service.fetch.reading import read_body
from studio_detector.service.fetch.rules import AddressRules
from studio_detector.service.fetch.way_out import WayOut

if TYPE_CHECKING:
    import ssl

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.fetch.target import Target
    from studio_detector.service.settings import ServiceSettings

_FOUND = frozenset((200, 203))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
#: What the host itself calls passing: too early, too often, too slow a request.
_PASSING = frozenset((408, 425, 429))


class Fetcher(WayOut):
    """Fetches pictures; one for a process, safe to use from many threads.

    Args:
        settings: Those of the service, ``fetch_*`` and ``breaker_*``.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.

    Raises:
        ConfigError: ``config_invalid_value`` for a port, host or network that is none.

    Example:
        >>> with Fetcher(ServiceSettings()) as fetcher:  # doctest: +SKIP
        ...     data = fetcher.fetch("https://example.com/photo.jpg", 64 * 1024 * 1024)
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout_s = settings.fetch_timeout_s
        self._most_redirects = settings.fetch_max_redirects
        super().__init__(
            AddressRules.for_pictures(settings), settings, resolve=resolve, ssl_context=ssl_context
        )

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """Fetch a picture.

        Args:
            url: Its address.
            max_bytes: The most it may have.

        Returns:
            Its bytes, as they came; whether they are a picture is for others to find out.

        Raises:
            FetchError: ``fetch_refused`` if the address, or where it leads, may not be asked;
                ``fetch_failed`` if the host gave nothing, ``fetch_timeout`` if it took more
                than ``fetch_timeout_s``; ``is_passing`` tells whether later may be better.
            LimitError: ``limit_file_size``.
        """
        until = time.monotonic() + self._timeout_s
        target = self._rules.check(url)
        for _ in range(self._most_redirects + 1):
            found = self._ask(target, max_bytes, until)
            if isinstance(found, bytes):
                return found
            target = self._rules.check_redirect(target, found)
        raise failed(
            f"{target.origin} would be redirect {self._most_redirects + 1} in a row; "
            f"{self._most_redirects} are followed (setting fetch_max_redirects)"
        )

    def _ask(self, target: Target, max_bytes: int, until: float) -> bytes | str:
        """Give the bytes, or where to go on."""
        with self._client.ask("GET", target, until=until, headers={"Accept": "image/*"}) as reply:
            if reply.status in _FOUND:
                return read_body(reply, target, max_bytes, what="picture")
            location = reply.headers.get("location")
            if reply.status in _REDIRECTS and location is not None:
                return location
            told = f"{target.origin} answered with status {reply.status}"
            if reply.status >= 500:
                raise away(f"{told}; try again later", retry_after_s=reply.retry_after_s)
            if reply.status in _PASSING:
                raise not_now(f"{told}; try again later", retry_after_s=reply.retry_after_s)
            raise failed(f"{told}; check the address, and whether it needs a login")
