"""Connections that go to checked addresses only, and that keep to one deadline.

Two things happen here that cannot happen above. A name is resolved, all its addresses are
checked, and one of these very addresses is connected to: a name that is resolved once more for
the connection could by then mean another address. And every wait is cut to what is left of the
whole request: timeouts of single reads let a host send a byte now and then for hours.

`httpcore2` hands the values of a request's ``timeout`` through to the calls below. They are
instants of ``time.monotonic`` here, not durations.
"""

from __future__ import annotations

import ssl
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpcore2

from studio_detector.service.fetch.faults import away, failed, too_slow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.service.fetch.resolve import TimedResolver
    from studio_detector.service.fetch.rules import AddressRules

#: Addresses of a name that are tried, each with a fair share of the time.
MOST_TRIED = 4
_LEAST_S = 0.001
_WITHOUT_LIMIT_S = 3600.0
# The time is looked at between pieces, since a receiver may take a buffer in sips.
_PIECE_BYTES = 4096


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections for `httpcore2.ConnectionPool`; safe to use from many threads.

    Args:
        rules: What addresses must keep to.
        resolve: From names to addresses.
        connect_timeout_s: Seconds for name, connection and handshake, each.
        sockets: What connects in the end.
    """

    def __init__(
        self,
        rules: AddressRules,
        resolve: TimedResolver,
        *,
        connect_timeout_s: float,
        sockets: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._resolve = resolve
        self._connect_timeout_s = connect_timeout_s
        self._sockets = httpcore2.SyncBackend() if sockets is None else sockets

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve, check and connect.

        Args:
            host: A name or an address.
            port: The port.
            timeout: The instant to give up.
            local_address: Where to connect from.
            socket_options: As for `httpcore2.NetworkBackend`.

        Returns:
            A connection to an address that was checked.

        Raises:
            FetchError: ``fetch_refused`` if one of the addresses does not pass,
                ``fetch_failed`` or ``fetch_timeout`` if none can be reached.
        """
        until = self._connect_until(timeout)
        found = (host,) if _is_address(host) else self._resolve(host, port, until)
        tried = self._rules.check_resolved(host, found)[:MOST_TRIED]
        is_slow = False
        for place, address in enumerate(tried):
            share_s = _left_s(until) / (len(tried) - place)
            try:
                stream = self._sockets.connect_tcp(
                    str(address), port, max(share_s, _LEAST_S), local_address, socket_options
                )
            except httpcore2.ConnectTimeout:
                is_slow = True
            except httpcore2.ConnectError:
                is_slow = False
            else:
                return GuardedStream(stream, self._connect_timeout_s)
        if is_slow:
            raise too_slow(f"{host} did not take the connection to port {port} in time")
        raise away(f"{host} takes no connection on port {port}")

    def _connect_until(self, timeout: float | None) -> float:
        until = time.monotonic() + self._connect_timeout_s
        return until if timeout is None else min(until, timeout)


class GuardedStream(httpcore2.NetworkStream):
    """A connection whose waits all end at the instant given.

    Args:
        stream: The connection itself.
        connect_timeout_s: Seconds for the handshake of TLS.
    """

    def __init__(self, stream: httpcore2.NetworkStream, connect_timeout_s: float) -> None:
        self._stream = stream
        self._connect_timeout_s = connect_timeout_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, waiting until the instant given at most."""
        left_s = _left_s(timeout)
        if left_s <= 0:
            raise httpcore2.ReadTimeout
        return self._stream.read(max_bytes, left_s)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything, until the instant given at most."""
        for begin in range(0, len(buffer), _PIECE_BYTES):
            left_s = _left_s(timeout)
            if left_s <= 0:
                raise httpcore2.WriteTimeout
            self._stream.write(buffer[begin : begin + _PIECE_BYTES], left_s)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Shake hands; the certificate must be for the name in the address.

        Raises:
            FetchError: ``fetch_failed``, final, if the certificate is not;
                ``fetch_failed`` or ``fetch_timeout``, passing, if there is no handshake.
        """
        left_s = max(min(_left_s(timeout), self._connect_timeout_s), _LEAST_S)
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, left_s)
        except httpcore2.ConnectTimeout:
            raise too_slow(f"{server_hostname} did not finish the handshake in time") from None
        except httpcore2.ConnectError as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise failed(
                    f"{server_hostname} shows a certificate that does not pass: "
                    f"{cause.verify_message}"
                ) from None
            raise away(f"{server_hostname} gave no TLS handshake") from None
        return GuardedStream(secured, self._connect_timeout_s)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the class above says
        """Hand through what `httpcore2` asks about the connection."""
        return self._stream.get_extra_info(info)


def _left_s(until: float | None) -> float:
    return _WITHOUT_LIMIT_S if until is None else until - time.monotonic()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
