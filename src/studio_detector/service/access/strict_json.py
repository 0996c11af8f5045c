"""JSON with one reading: no name twice, no number that is none."""

from __future__ import annotations

import json
from typing import Any


class StrictDecoder(json.JSONDecoder):
    """Refuses, with `ValueError`, what parsers read in different ways."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_unique, parse_constant=_refuse)


def read_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: If it is none, or has two readings.
    """
    try:
        found = json.loads(text, cls=StrictDecoder)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("the JSON is no object")  # noqa: TRY004 - one kind of error for all
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
