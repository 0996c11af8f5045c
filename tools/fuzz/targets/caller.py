"""Who calls, by what proxies say, and which page makes them."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from studio_detector.service.api.callers import NOWHERE, Callers
from studio_detector.service.api.origins import Origins
from studio_detector.service.settings import ServiceSettings
from tools.fuzz.choice import chosen, parts_of, text_of
from tools.fuzz.target import Target

_PROXIES = ip_network("10.0.0.0/8")
_CALLERS = Callers((str(_PROXIES),))
_OPEN = Origins(ServiceSettings())
_LOOPBACK = re.compile(r"localhost|127\.|:0*1([%\]]|$)")
_NAMES = (
    b"host",
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"origin",
    b"sec-fetch-site",
    b"sec-fetch-mode",
)


def check(data: bytes) -> None:
    """An address is one; a page of another host is not taken for one of ours."""
    way, data = chosen(data, (_forwarded, _direct, _settings))
    way(data)


def _forwarded(data: bytes) -> None:
    found = _CALLERS.of("10.1.2.3", "http", _headers(data))
    ip_address(found.address)
    ip_network(found.counted_as)
    if found.scheme not in {"http", "https"}:
        raise AssertionError(found)


def _direct(data: bytes) -> None:
    """Without a proxy nothing that is said of addresses counts, and open means this machine."""
    headers = _headers(data)
    found = _CALLERS.of("192.0.2.7", "http", headers)
    if (found.address, found.scheme) != ("192.0.2.7", "http"):
        raise AssertionError(found)
    if _CALLERS.of(None, "http", headers).address != NOWHERE:
        raise AssertionError("an address from nowhere")
    _OPEN.check("POST", found, dict(headers))
    if not _LOOPBACK.search((found.host or "").lower()):
        raise AssertionError(f"{found.host!r} is no name of this machine")


def _settings(data: bytes) -> None:
    proxies, origin, host = map(text_of, parts_of(data, 3))
    if proxies:
        Callers((proxies,))
    named = Origins(ServiceSettings(auth="keys", cors_origins=(origin,), allowed_hosts=(host,)))
    caller = _CALLERS.of("192.0.2.7", "http", [(b"host", b"example.com")])
    named.check("GET", caller, {b"origin": b"https://other.example"})


def _headers(data: bytes) -> list[tuple[bytes, bytes]]:
    parts = parts_of(data, len(_NAMES))
    return [(name, value) for name, value in zip(_NAMES, parts, strict=True) if value]


TARGET = Target(title="hosts, proxies and origins", check=check, most_bytes=1024)
