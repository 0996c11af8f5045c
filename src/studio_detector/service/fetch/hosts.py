"""The host in an address, in the one form that rules, resolver and TLS all see.

Parsers disagree about hosts, and what one refuses another connects to. So whatever has more
than one reading (``0177.0.0.1``, ``2130706433``, ``0x7f.1``, a percent sign) is refused here.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from studio_detector.service.fetch.faults import refused

#: Longest name in the domain name system, in characters.
LONGEST_NAME = 253
_LONGEST_LABEL = 63
_MOST_SHOWN = 80

_LABEL = re.compile(r"[a-z0-9_-]+")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def parse_host(text: str) -> str | IPv4Address | IPv6Address:
    """Read a host as it stands in an address.

    Args:
        text: A name, an IPv4 address with four decimal numbers, or an IPv6 address in
            brackets.

    Returns:
        The address, or the name: ASCII, lower case, without the dot at its end.

    Raises:
        FetchError: ``fetch_refused`` for what is neither, or is written oddly.
    """
    if text.startswith("["):
        return _ipv6(text)
    name = _ascii(text).lower()
    name = name.removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(text, name)
    if len(name) > LONGEST_NAME:
        raise refused(f"the host has {len(name)} characters; a name has {LONGEST_NAME} at most")
    for label in labels:
        if not label:
            raise refused(f"the host {shown(text)} has an empty part between dots")
        if len(label) > _LONGEST_LABEL:
            raise refused(f"a part of the host {shown(text)} is longer than {_LONGEST_LABEL}")
        if not _LABEL.fullmatch(label):
            raise refused(
                f"the host {shown(text)} holds what no name holds; only letters, digits, "
                "hyphens and dots make one"
            )
    return name


def shown(text: str) -> str:
    """A host of unknown length, quoted for a message."""
    return repr(text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…")


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    try:
        # The mapping of UTS 46 turns full-width digits and dots into plain ones, as browsers do.
        return idna.encode(text, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise refused(f"the host {shown(text)} is no international name: {error}") from None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text[1:-1] if text.endswith("]") else "")
    except AddressValueError:
        raise refused(f"the host {shown(text)} is no IPv6 address in brackets") from None
    if address.scope_id is not None:
        raise refused(f"the host {shown(text)} has a scope; only addresses without are fetched")
    if address.ipv4_mapped is not None:
        raise refused(
            f"the host {shown(text)} is an odd way to write {address.ipv4_mapped}; write four "
            "decimal numbers"
        )
    return address


def _ipv4(text: str, name: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        pass
    meant = _numbers(name.split("."))
    if meant is None:
        raise refused(f"the host {shown(text)} ends like an IPv4 address and is none")
    raise refused(
        f"the host {shown(text)} is an odd way to write {meant}; write four decimal numbers"
    )


def _numbers(parts: list[str]) -> IPv4Address | None:
    """What the C library would read: up to four numbers, decimal, octal or hexadecimal."""
    values = []
    for part in parts:
        if not _NUMBER.fullmatch(part):
            return None
        base = 16 if part[:2] in {"0x", "0X"} else 8 if part[0] == "0" and len(part) > 1 else 10
        try:
            values.append(int(part[2:] or "0" if base == 16 else part, base))
        except ValueError:
            return None
    if len(values) > 4 or any(value > 255 for value in values[:-1]):
        return None
    if values[-1] >= 256 ** (5 - len(values)):
        return None
    whole = values[-1]
    for place, value in enumerate(values[:-1]):
        whole += value << (8 * (3 - place))
    return IPv4Address(whole)
