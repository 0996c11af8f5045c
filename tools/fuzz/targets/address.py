"""Addresses that are fetched, and where their redirects lead."""

from __future__ import annotations

import re
from ipaddress import ip_address

from studio_detector.service.fetch.target import LONGEST_URL, Target, parse_redirect, parse_target
from tools.fuzz import target as fuzz
from tools.fuzz.choice import chosen, parts_of, text_of

_BASE = parse_target("https://example.com/folder/photo.jpg?size=1")


def check(data: bytes) -> None:
    """An address has one reading: written out again, it is the same."""
    way, data = chosen(data, (_plain, _redirect))
    way(data)


def _plain(data: bytes) -> None:
    text = text_of(data)
    found = parse_target(text)
    _hold(found)
    # What stands before the host, and what it is, is told by nobody else any better.
    if "@" in re.split("[/?#]", text.partition("://")[2], maxsplit=1)[0]:
        raise AssertionError("a user name went through")


def _redirect(data: bytes) -> None:
    first, second = parts_of(data, 2)
    base = parse_target(text_of(first)) if first else _BASE
    found = parse_redirect(base, text_of(second))
    _hold(found)
    if (base.scheme, found.scheme) == ("https", "http"):
        raise AssertionError("from https to http")


def _hold(found: Target) -> None:
    if not (found.host.isascii() and found.host == found.host.lower() and found.path.isascii()):
        raise AssertionError(found)
    if not 1 <= found.port <= 65_535 or not found.path.startswith("/"):
        raise AssertionError(found)
    if any(ord(character) <= 32 or ord(character) == 127 for character in found.path + found.host):
        raise AssertionError(found)
    if found.address is not None and ip_address(found.host) != found.address:
        raise AssertionError(found)
    written = f"{found.origin}{found.path}"
    if len(written) <= LONGEST_URL and parse_target(written) != found:
        raise AssertionError(f"{written} reads otherwise")


TARGET = fuzz.Target(
    title="addresses and redirects",
    check=check,
)
