"""Documents from the one address that the operator chose, through the same guarded way out."""

from __future__ import annotations

import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError, FetchError
from studio_detector.service.fetch.faults import away, failed
from studio_detector.service.fetch.reading import read_body
from studio_detector.service.fetch.rules import AddressRules
from studio_detector.service.fetch.target import parse_target
from studio_detector.service.fetch.way_out import WayOut

if TYPE_CHECKING:
    import ssl

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.settings import ServiceSettings


class DocumentFetcher(WayOut):
    """Fetches one document again and again; safe to use from many threads.

    It asks this host, at this port, by https alone, follows no redirect and reads no variable
    of the environment. The host may be in a private network without being named in
    ``fetch_private``: the address is the operator's own, the certificate must be the host's,
    and opening that network to pictures would be the greater risk.

    Args:
        url: Where it is.
        name: The setting that says so, for messages.
        settings: Those of the service, ``fetch_*`` and ``breaker_*``.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.

    Raises:
        ConfigError: ``config_invalid_value`` for an address that is none of https.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        settings: ServiceSettings,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        try:
            target = parse_target(url)
        except FetchError as error:
            raise ConfigError(f"{name}: {error.message}", code="config_invalid_value") from None
        if target.scheme != "https":
            raise ConfigError(
                f"{name} is an address at {target.origin}; only https is asked",
                code="config_invalid_value",
            )
        self._target = target
        self._timeout_s = settings.fetch_timeout_s
        rules = AddressRules(
            allows_http=False,
            ports=frozenset({target.port}),
            hosts=(target.host,),
            denied_hosts=(),
            exempt=(ip_network("0.0.0.0/0"), ip_network("::/0")),
        )
        super().__init__(rules, settings, resolve=resolve, ssl_context=ssl_context)

    def fetch(self, max_bytes: int) -> bytes:
        """Fetch the document.

        Args:
            max_bytes: The most it may have.

        Raises:
            FetchError: ``fetch_failed`` if the host gave nothing, ``fetch_timeout`` if it took
                more than ``fetch_timeout_s``.
            LimitError: ``limit_file_size``.
        """
        until = time.monotonic() + self._timeout_s
        headers = {"Accept": "application/jwk-set+json, application/json"}
        with self._client.ask("GET", self._target, until=until, headers=headers) as reply:
            if reply.status == 200:
                return read_body(reply, self._target, max_bytes, what="document")
            told = f"{self._target.origin} answered with status {reply.status}"
            raise away(told) if reply.status >= 500 else failed(told)
