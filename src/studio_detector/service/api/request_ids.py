"""What a request brings along for logs and traces: its name, and the span that it is part of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Header of requests and of every answer.
REQUEST_ID = "X-Request-ID"
_REQUEST_ID = REQUEST_ID.lower().encode()
_TRACEPARENT = b"traceparent"
# What may stand in a line, an address and a file without being mistaken for part of it.
_FITS = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_MOST_TRACEPARENT = 256


def ids_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str | None]:
    """The name of a request, and its ``traceparent``.

    A name is a label: nothing is found or allowed by it, so whoever calls may choose it. One
    that does not fit, or that comes twice, is replaced.

    Args:
        headers: Of the request, names in lower case.

    Returns:
        The name; and the header as it came, None if it came not at all, twice, or too long.
    """
    names: list[bytes] = []
    parents: list[bytes] = []
    for name, value in headers:
        if name == _REQUEST_ID:
            names.append(value)
        elif name == _TRACEPARENT:
            parents.append(value)
    is_fine = len(names) == 1 and _FITS.fullmatch(names[0]) is not None
    parent = parents[0] if len(parents) == 1 and len(parents[0]) <= _MOST_TRACEPARENT else None
    return (
        names[0].decode("ascii") if is_fine else uuid4().hex,
        None if parent is None else parent.decode("latin-1"),
    )
