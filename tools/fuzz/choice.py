"""Turning bytes into what readers take: the first byte chooses, the rest is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")


def chosen(data: bytes, options: Sequence[_T]) -> tuple[_T, bytes]:
    """One of some options, and the bytes behind the one that chose."""
    return options[(data[0] if data else 0) % len(options)], data[1:]


def text_of(data: bytes) -> str:
    """Text as it comes from arguments and variables: every byte stands for something."""
    return data.decode("utf-8", "surrogateescape")


def parts_of(data: bytes, count: int, separator: bytes = b"\xff") -> list[bytes]:
    """So many parts of the bytes; the last ones may be empty."""
    parts = data.split(separator, count - 1)
    return parts + [b""] * (count - len(parts))
