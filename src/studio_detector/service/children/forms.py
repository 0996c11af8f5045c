"""Checks of plain data that a child sent: whether each part is what it should be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[Any], bool]

# Up to here, floats tell whole numbers apart.
_MOST_WHOLE = 1 << 53


def storable(text: str) -> str:
    """Escape what no database takes as text: NUL, and halves of characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def is_name(value: object) -> bool:
    """A text of one line, of no more than 400 characters."""
    # No control characters, hence no NUL, and no halves of characters.
    return isinstance(value, str) and value.isprintable() and len(value) <= 400


def is_number(value: object) -> bool:
    """A finite number; a whole one of any length would not fit anywhere."""
    if type(value) is int:
        return abs(value) < _MOST_WHOLE
    return type(value) is float and math.isfinite(value)


def is_share(value: object) -> bool:
    """A fraction from 0 to 1."""
    return type(value) is float and 0 <= value <= 1


def is_whole(value: object) -> bool:
    """A count."""
    return type(value) is int and 0 <= value < 1 << 31


def is_text(value: object) -> bool:
    """A text, of whatever characters."""
    return isinstance(value, str)


def one_of(*choices: str) -> Check:
    """One of these."""
    return lambda value: value in choices


def list_of(fits: Check, *, length: int | None = None) -> Check:
    """A list, each item of which fits."""

    def check(value: object) -> bool:
        if not isinstance(value, list) or (length is not None and len(value) != length):
            return False
        return all(map(fits, value))

    return check


def map_of(fits: Check) -> Check:
    """Names, each with something that fits."""

    def check(value: object) -> bool:
        return (
            isinstance(value, dict) and all(map(is_name, value)) and all(map(fits, value.values()))
        )

    return check


def record(**parts: Check) -> Check:
    """Exactly these keys, with what fits each."""

    def check(value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == parts.keys()
            and all(fits(value[key]) for key, fits in parts.items())
        )

    return check


def optional(fits: Check) -> Check:
    """What fits, or nothing."""
    return lambda value: value is None or fits(value)
