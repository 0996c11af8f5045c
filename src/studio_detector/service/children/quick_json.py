"""The JSON of rows by orjson, which takes a third of the time or less and means the same.

A row has some 13 kB. What orjson cannot do is left to Python's own, and so are numbers that are
not finite, which it would write as null.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import orjson

from studio_detector.imaging import framing

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(header: Mapping[str, Any]) -> bytes:
    """See `framing.to_json`."""
    if _is_finite(header):
        try:
            return orjson.dumps(header)
        except TypeError:
            pass
    return framing.to_json(header)


def of_json(text: bytes) -> Any:  # noqa: ANN401 - whatever the child sent
    """See `framing.of_json`; whole numbers beyond 64 bits may come as floats."""
    try:
        return orjson.loads(text)
    except ValueError:
        return framing.of_json(text)


def _is_finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_finite, value))
    return True
