"""Which addresses of the internet protocol may be connected to: the public ones.

Nothing here asks the network. Sources: the special-purpose registries of IANA for IPv4 and
IPv6, RFC 4291 (mapped, compatible), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP),
RFC 6052 and RFC 8215 (NAT64), and the documentation of the clouds for their metadata.
`ipaddress.is_global` is not the judge: in Python 3.11 it is true for ``2002:0a00:0001::`` and
for ``64:ff9b::10.0.0.1``, which both lead to 10.0.0.1.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

IPAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4_KINDS = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/32", "unspecified"),
        ("0.0.0.0/8", "reserved"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "private, of a carrier's NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a relay of 6to4"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_IPV6_KINDS = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "an IPv4-compatible address"),
        ("64:ff9b:1::/48", "of a local NAT64"),
        ("100::/64", "discarded"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001:2::/48", "for benchmarks"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)
# All that is handed out for the public; RFC 6052 allows only public IPv4 behind the second.
_IPV6_PUBLIC = (IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96"))

_METADATA = frozenset(
    (
        *map(
            IPv4Address,
            (
                "169.254.169.254",  # Amazon, Google, Azure, Oracle, DigitalOcean and more
                "169.254.170.2",  # Amazon ECS: credentials of a task
                "169.254.170.23",  # Amazon EKS: credentials of a pod
                "100.100.100.200",  # Alibaba
                "192.0.0.192",  # Oracle
                "168.63.129.16",  # Azure's host, though the address is public
            ),
        ),
        *map(IPv6Address, ("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254")),
    )
)

_MAPPED = IPv6Network("::ffff:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
# What an interface identifier of ISATAP begins with, its two flag bits masked.
_ISATAP = bytes.fromhex("00005efe")


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the networks that are exempt.

    Args:
        texts: ``10.1.0.0/16``, ``fd12::/48`` or a single address.

    Returns:
        The networks, in order.

    Raises:
        ConfigError: ``config_invalid_value`` for a text that names none.
    """
    networks = []
    for text in texts:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            raise ConfigError(
                f"fetch_private holds {text!r}, which is no network: {error}; write it like "
                "10.1.0.0/16",
                code="config_invalid_value",
            ) from None
    return tuple(networks)


def why_refused(address: IPAddress, exempt: Sequence[Network] = ()) -> str | None:
    """Judge an address, and every IPv4 address that is wrapped in it.

    Args:
        address: What would be connected to.
        exempt: Networks that pass though they are not public. What is wrapped in an exempt
            address must pass as well. An address of a cloud's metadata is exempted only by
            a network of exactly that address.

    Returns:
        The kind of address, in words that follow "is"; None if it may be connected to.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "link-local, with a scope"
        if address in _MAPPED:
            # The system connects to the IPv4 address itself, so nothing else is judged.
            return _why_refused_bare(_ipv4(address.packed[12:]), exempt)
    for face in (address, *_wrapped(address)):
        kind = _why_refused_bare(face, exempt)
        if kind is not None:
            return kind if face is address else f"{kind} (wrapped in IPv6)"
    return None


def _why_refused_bare(address: IPAddress, exempt: Sequence[Network]) -> str | None:
    exempting = [network for network in exempt if address in network]
    if address in _METADATA:
        named = any(network.prefixlen == network.max_prefixlen for network in exempting)
        return None if named else "a cloud's metadata"
    if exempting:
        return None
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _IPV4_KINDS if address in network), None)
    for network, kind in _IPV6_KINDS:
        if address in network:
            return kind
    return None if any(address in network for network in _IPV6_PUBLIC) else "reserved"


def _wrapped(address: IPAddress) -> Iterator[IPv4Address]:
    """Every IPv4 address that something on the way may unwrap."""
    if isinstance(address, IPv4Address):
        return
    packed = address.packed
    if address in _COMPATIBLE and address > IPv6Address(1):
        yield _ipv4(packed[12:])
    if address in _SIX_TO_FOUR:
        yield _ipv4(packed[2:6])
    if address in _TEREDO:
        yield _ipv4(packed[4:8])
        yield _ipv4(bytes(byte ^ 0xFF for byte in packed[12:]))
    if address in _NAT64:
        yield _ipv4(packed[12:])
    if address in _NAT64_LOCAL:
        # The prefix in use may have 48 or 96 bits; what reads as nothing is no reading.
        for four in (packed[6:8] + packed[9:11], packed[12:]):
            if any(four):
                yield _ipv4(four)
    if bytes((packed[8] & 0xFC,)) + packed[9:12] == _ISATAP:
        yield _ipv4(packed[12:])


def _ipv4(four: bytes) -> IPv4Address:
    return IPv4Address(four)
