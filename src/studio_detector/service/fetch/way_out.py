"""What both ways out of the service have in common: rules, connections and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.fetch.client import GuardedClient

if TYPE_CHECKING:
    import ssl
    from types import TracebackType
    from typing import Self

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.fetch.rules import AddressRules
    from studio_detector.service.settings import ServiceSettings


class WayOut:
    """Asks addresses that others chose; one for a process, safe to use from many threads.

    Args:
        rules: What addresses must keep to.
        settings: Those of the service, ``fetch_connect_timeout_s`` and ``breaker_*``.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.
    """

    def __init__(
        self,
        rules: AddressRules,
        settings: ServiceSettings,
        *,
        resolve: Resolver | None,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        self._rules = rules
        self._client = GuardedClient(
            rules,
            connect_timeout_s=settings.fetch_connect_timeout_s,
            breaker_failures=settings.breaker_failures,
            breaker_pause_s=settings.breaker_pause_s,
            resolve=resolve,
            ssl_context=ssl_context,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def check(self, url: str) -> None:
        """Refuse at once what would be refused without asking the network.

        Args:
            url: The address.

        Raises:
            FetchError: ``fetch_refused`` with the reason.
        """
        self._rules.check(url)

    def hosts_left_alone(self) -> int:
        """Count the hosts that are left alone now because they failed."""
        return self._client.breakers.left_alone()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
