"""An address, taken apart once; nothing that asks the network parses it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, cast
from urllib.parse import quote, urljoin

from studio_detector.service.fetch.faults import refused
from studio_detector.service.fetch.hosts import parse_host, shown

Scheme = Literal["http", "https"]

#: Longest address taken, in characters; signed addresses of picture stores have up to 2,000.
LONGEST_URL = 4096

_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# Spaces and control characters; a backslash is a slash to some parsers and none to others.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_KEPT = "!$%&'()*+,-./:;=?@[]_~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes.

    Attributes:
        scheme: "http" or "https".
        host: A name (ASCII, lower case), or an address without brackets.
        port: 1..65535.
        path: Path and query, ASCII, beginning with a slash.
        address: The host, where it is no name.
    """

    scheme: Scheme
    host: str
    port: int
    path: str
    address: IPv4Address | IPv6Address | None = None

    @property
    def authority(self) -> str:
        """Host and port as in the header ``Host``: the port only where it is unusual."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What messages show: the address without path and query, which may hold secrets."""
        return f"{self.scheme}://{self.authority}"


def parse_target(text: str) -> Target:
    """Take an address apart by RFC 3986, and refuse what can be read in two ways.

    Args:
        text: ``https://host:port/path?query``; a fragment is dropped, and what is not ASCII in
            path and query is percent-encoded.

    Returns:
        Its parts.

    Raises:
        FetchError: ``fetch_refused`` for a scheme that is neither http nor https, a user name
            or password, control characters, spaces, backslashes, a host with two readings, a
            port outside 1..65535, or more than `LONGEST_URL` characters.
    """
    if len(text) > LONGEST_URL:
        raise refused(f"the address has {len(text)} characters; {LONGEST_URL} are the most")
    if forbidden := _FORBIDDEN.search(text):
        raise refused(
            f"the address holds the character U+{ord(forbidden[0]):04X}, which must be encoded"
        )
    parts = _URL.fullmatch(text)
    if parts is None:
        raise refused("that is no address; write it like https://example.com/photo.jpg")
    scheme, authority, path, query = parts[1].lower(), parts[2], parts[3], parts[4] or ""
    if scheme not in _DEFAULT_PORTS:
        raise refused(f"addresses of the scheme {shown(scheme)} are not fetched; use https")
    if "@" in authority:
        raise refused("the address holds a user name or a password; leave it out")
    split = _AUTHORITY.fullmatch(authority)
    if split is None or not split[1]:
        raise refused("the address has no host, or a port that is no number from 1 to 65535")
    host = parse_host(split[1])
    port = _DEFAULT_PORTS[scheme] if split[2] is None else int(split[2])
    if not 1 <= port <= 65_535:
        raise refused(f"the address has the port {port}; ports go from 1 to 65535")
    return Target(
        scheme=cast("Scheme", scheme),
        host=str(host),
        port=port,
        path=quote((path or "/") + query, safe=_KEPT),
        address=None if isinstance(host, str) else host,
    )


def parse_redirect(base: Target, location: str) -> Target:
    """Read where a redirect leads, relative to where it came from.

    Args:
        base: The address that redirects.
        location: The header ``Location``.

    Returns:
        The next address.

    Raises:
        FetchError: ``fetch_refused``, as `parse_target`, or for a way from https to http.
    """
    if _SCHEME.match(location) or _FORBIDDEN.search(location):
        target = parse_target(location)
    else:
        try:
            joined = urljoin(base.origin + base.path, location)
        except ValueError:  # a host with a full-width slash, which it takes for two
            raise refused(f"{base.origin} redirects to what is no address") from None
        target = parse_target(joined)
    if base.scheme == "https" and target.scheme == "http":
        raise refused(f"{base.origin} redirects to http; only https may follow https")
    return target
