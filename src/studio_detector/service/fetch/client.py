"""One request to one checked address, and every way it can end as an error of ours."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import httpcore2
import httpx2

from studio_detector import __version__
from studio_detector.service.fetch.backend import GuardedBackend
from studio_detector.service.fetch.breakers import HostBreakers
from studio_detector.service.fetch.faults import away, not_now, too_slow
from studio_detector.service.fetch.resolve import TimedResolver, system_resolver
from studio_detector.service.fetch.retry_after import parse_retry_after

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator, Mapping

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.fetch.rules import AddressRules
    from studio_detector.service.fetch.target import Target

#: Connections at a time, to all hosts together.
MOST_CONNECTIONS = 100
_MOST_IDLE = 20
_IDLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a host answered, its body not yet read.

    Attributes:
        status: HTTP status.
        headers: Lower-case name -> value; values of a repeated name are joined by commas.
        retry_after_s: What the host asks for; None if it does not.
        body: The body in pieces, as they come. Reading raises `httpcore2` errors, which
            `GuardedClient.ask` turns into ours.
        waits: Until when a read may wait, by the name of `httpcore2`; looked at when the body
            is first read.
    """

    status: int
    headers: Mapping[str, str]
    retry_after_s: float | None
    body: Iterable[bytes]
    waits: dict[str, float]

    def drain(self, most_bytes: int, within_s: float) -> None:
        """Read a body that nobody needs, so that the connection can be used again.

        Args:
            most_bytes: A longer body is left unread, and its connection closed.
            within_s: Seconds; a slower body likewise.
        """
        self.waits["read"] = min(self.waits["read"], time.monotonic() + within_s)
        size = 0
        with suppress(httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError):
            for piece in self.body:
                size += len(piece)
                if size > most_bytes:
                    break


class GuardedClient:
    """Asks addresses that were checked, and no others; safe to use from many threads.

    It follows no redirect, reads no variable of the environment (so no proxy stands between),
    keeps no cookies and sends no credentials.

    Args:
        rules: What addresses must keep to.
        connect_timeout_s: Seconds for name, connection and handshake, each.
        breaker_failures: Failures in a row after which a host is left alone.
        breaker_pause_s: Seconds for which it is.
        resolve: From names to addresses.
        ssl_context: Whom to trust; None takes whom the system trusts.
    """

    def __init__(
        self,
        rules: AddressRules,
        *,
        connect_timeout_s: float,
        breaker_failures: int,
        breaker_pause_s: float,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.breakers = HostBreakers(failures=breaker_failures, pause_s=breaker_pause_s)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or httpx2.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=_MOST_IDLE,
            keepalive_expiry=_IDLE_S,
            network_backend=GuardedBackend(
                rules,
                TimedResolver(system_resolver if resolve is None else resolve),
                connect_timeout_s=connect_timeout_s,
            ),
        )

    @contextmanager
    def ask(
        self,
        method: str,
        target: Target,
        *,
        until: float,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Iterator[Reply]:
        """Send a request; the body of the answer is read, or not, inside the ``with``.

        Args:
            method: "GET" or "POST".
            target: Where to; checked by the rules before.
            until: When all must be over, seconds of ``time.monotonic``.
            headers: Beside ``Host``, ``User-Agent`` and ``Accept-Encoding``.
            body: What is sent.

        Yields:
            The answer.

        Raises:
            FetchError: ``fetch_refused`` for an address that does not pass, ``fetch_failed``
                or ``fetch_timeout`` otherwise; also for what goes wrong while the body is read.
        """
        with self.breakers.watch(target.authority) as watch:
            waits = _waits(until)
            try:
                with self._pool.stream(
                    method,
                    httpcore2.URL(
                        scheme=target.scheme, host=target.host, port=target.port, target=target.path
                    ),
                    headers=_headers(target, headers),
                    content=body,
                    extensions={"timeout": waits},
                ) as response:
                    watch.is_alive = response.status < 500
                    yield _reply(response, waits)
            except httpcore2.PoolTimeout:
                raise not_now(
                    f"{target.origin} was not asked: {MOST_CONNECTIONS} connections are in use"
                ) from None
            except httpcore2.TimeoutException:
                raise too_slow(f"{target.origin} did not answer in full in time") from None
            except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
                raise away(f"{target.origin} broke off its answer: {_reason(error)}") from None

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _waits(until: float) -> dict[str, float]:
    """Instants for our own backend, and one duration for the pool, which waits by itself."""
    left_s = max(until - time.monotonic(), 0.0)
    return {"connect": until, "read": until, "write": until, "pool": left_s}


def _headers(target: Target, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        ("Host", target.authority),
        ("User-Agent", f"studio-detector/{__version__}"),
        ("Accept-Encoding", "identity"),
        *headers.items(),
    ]


def _reply(response: httpcore2.Response, waits: dict[str, float]) -> Reply:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("ascii").lower(), _text(value)
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Reply(
        status=response.status,
        headers=headers,
        retry_after_s=parse_retry_after(headers.get("retry-after"), datetime.now(UTC)),
        body=cast("Iterable[bytes]", response.stream),
        waits=waits,
    )


def _text(value: bytes) -> str:
    # Some hosts redirect to addresses in plain UTF-8.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _reason(error: Exception) -> str:
    # The words of h11 quote bytes of the host, which are not for strangers to see.
    words = str(error)
    if words.startswith("peer closed connection"):
        return "the connection ended before the body did"
    if isinstance(error, httpcore2.NetworkError) or words.startswith("Server disconnected"):
        return "the connection ended"
    return "what it sent is not HTTP/1.1"
