"""Headers of every answer: a browser may take it for nothing but what it is."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from studio_detector.reporting.page.environment import page_style

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What an answer has unless it says something else itself. What is not a page of ours loads
#: nothing and is shown in no frame; what belongs to somebody is kept by no cache.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


@cache
def page_policy() -> str:
    """The Content-Security-Policy of a page for people.

    It has its pictures in itself and no scripts, and of styles our own alone: a page that a
    process taken over by a picture made up could not even look different. Single attributes may
    have a style, as the words under a scale have.
    """
    digest = base64.b64encode(hashlib.sha256(page_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox allow-popups"
    )


def secured(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of an answer, with those that it lacks.

    Args:
        headers: Names in lower case.
    """
    has = list(headers)
    names = {name for name, _ in has}
    return has + [header for header in SECURITY_HEADERS if header[0] not in names]
