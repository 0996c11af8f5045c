"""Where a request comes from, behind proxies that are trusted and no others."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

#: What is said of a caller without an address, as behind a socket of the file system.
NOWHERE = "unknown"
# A host gets a network of its own, and with it more addresses than could be counted.
_IPV6_OF_ONE = 64
# Longer chains of proxies are not followed.
_MOST_HOPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who called, as far as the network tells.

    Attributes:
        address: Their address, or `NOWHERE`.
        scheme: How they called: "http" or "https".
        host: The name they called, with a port; None if they named none or two.
    """

    address: str
    scheme: str
    host: str | None

    @property
    def counted_as(self) -> str:
        """Under what their requests are counted: the network, where one host has a whole one."""
        if ":" not in self.address:
            return self.address
        return str(ip_network((self.address, _IPV6_OF_ONE), strict=False))


class Callers:
    """Tells where requests come from.

    Args:
        trusted_proxies: Networks of proxies whose ``X-Forwarded-*`` is believed.

    Raises:
        ConfigError: ``config_invalid_value`` if one is no network.
    """

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted: list[IPv4Network | IPv6Network] = []
        for text in trusted_proxies:
            try:
                self._trusted.append(ip_network(text.strip()))
            except ValueError as error:
                raise ConfigError(
                    f"trusted_proxies has {text!r}, which is no network ({error}); write it like "
                    "10.1.0.0/16",
                    code="config_invalid_value",
                ) from error

    def is_trusted(self, address: str) -> bool:
        """Whether an address is that of a proxy.

        Args:
            address: As the system writes it.
        """
        if not self._trusted:
            return False
        read = _read(address)
        return read is not None and any(read in network for network in self._trusted)

    def of(self, peer: str | None, scheme: str, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        """Who called.

        Args:
            peer: Address that the connection comes from; None without one.
            scheme: Of the connection.
            headers: Of the request, names in lower case.
        """
        hosts: list[str] = []
        told: dict[bytes, list[str]] = {}
        for name, value in headers:
            if name == b"host":
                hosts.append(value.decode("latin-1").strip())
            elif name.startswith(b"x-forwarded-"):
                told.setdefault(name, []).append(value.decode("latin-1"))
        host = hosts[0] if len(hosts) == 1 else None
        if peer is None:
            return Caller(address=NOWHERE, scheme=scheme, host=host)
        if not told or not self.is_trusted(peer):
            return Caller(address=_plain(peer), scheme=scheme, host=host)
        return Caller(
            address=self._origin(peer, ",".join(told.get(b"x-forwarded-for", ()))),
            scheme=_one(told, b"x-forwarded-proto", ("http", "https")) or scheme,
            host=_one(told, b"x-forwarded-host") or host,
        )

    def _origin(self, peer: str, forwarded_for: str) -> str:
        """The last of the chain that no trusted proxy vouches for: what is before it, it wrote."""
        origin = _plain(peer)
        for hop in reversed(forwarded_for.split(",")[-_MOST_HOPS:]):
            read = _read(_without_port(hop.strip()))
            if read is None:
                return origin
            origin = str(read)
            if not any(read in network for network in self._trusted):
                return origin
        return origin


def _one(told: dict[bytes, list[str]], name: bytes, known: Sequence[str] = ()) -> str | None:
    """What the nearest proxy says, where it says something that can be."""
    values = told.get(name)
    if not values:
        return None
    value = values[-1].rpartition(",")[2].strip()
    return value if value and (not known or value in known) else None


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        read = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # An IPv4 caller of a socket that takes both.
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read


def _plain(address: str) -> str:
    read = _read(address)
    return NOWHERE if read is None else str(read)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
