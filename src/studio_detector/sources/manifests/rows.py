"""What every kind of list gives: names and broken rows, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

#: Bytes of the longest name taken: what Linux takes for a path is a sixteenth of it.
LONGEST_NAME_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One name.

    Attributes:
        place: Number of its line or row, from 1.
        name: As it stands in the list; bytes that are no UTF-8 as lone surrogates.
    """

    place: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A row no name could be had from.

    Attributes:
        place: Number of its line or row, from 1.
        problem: What is wrong with it and what to do, to follow "line 7 of the list ...".
    """

    place: int
    problem: str


if TYPE_CHECKING:
    #: Reads a list opened in binary; the text is the column asked for. Raises `ConfigError`
    #: before the first row if the list cannot be used as a whole.
    Reader: TypeAlias = Callable[[BinaryIO, str | None], Iterator[Row | BrokenRow]]


def row_of(place: int, value: object) -> Row | BrokenRow:
    """Check the value of a cell.

    Args:
        place: Number of its line or row, from 1.
        value: Anything; only text that is not empty names a photo.
    """
    if value is None or value == "":
        return BrokenRow(place=place, problem="names no photo; fill or remove it")
    if not isinstance(value, str):
        kind = type(value).__name__
        return BrokenRow(place=place, problem=f"holds a value of type {kind}, not a name; mend it")
    if len(value) > LONGEST_NAME_BYTES:
        return BrokenRow(place=place, problem=f"names something {len(value)} characters long")
    return Row(place=place, name=value)


def decoded(data: bytes) -> str:
    """Decode a name; bytes that are no UTF-8 become lone surrogates, as in `os.fsdecode`."""
    return data.decode("utf-8", "surrogateescape")
