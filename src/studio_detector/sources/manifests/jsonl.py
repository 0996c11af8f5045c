"""Lists as JSON lines: objects with a key for the photo, or plain strings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from studio_detector.errors import ConfigError
from studio_detector.sources.manifests.columns import photo_column
from studio_detector.sources.manifests.lines import Line, lines
from studio_detector.sources.manifests.rows import BrokenRow, Row, decoded, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

#: Bytes of the longest line: the keys beside the name may hold captions and the like.
LONGEST_LINE_BYTES = 1 << 20


def jsonl_rows(stream: BinaryIO, column: str | None) -> Iterator[Row | BrokenRow]:
    """Read the names from JSON lines.

    Args:
        stream: Opened in binary: UTF-8, a string or an object each line.
        column: The key of the names, as for `photo_column`; the first object says which one it
            is for all.

    Yields:
        Names, and broken rows. Blank lines name nothing.

    Raises:
        ConfigError: ``manifest_invalid`` if the list begins with an object without such a key.
    """
    key: str | None = None
    has_begun = False
    for line in lines(stream, longest_bytes=LONGEST_LINE_BYTES):
        if not line.data.strip():
            continue
        value = _parsed(line)
        if isinstance(value, BrokenRow):
            yield value
            continue
        try:
            if isinstance(value, dict):
                key = _key(value, column) if key is None else key
                value = value[key]
        except ConfigError as error:
            if not has_begun:
                raise ConfigError(f"line {line.place}: {error.message}", code=error.code) from error
            yield BrokenRow(place=line.place, problem=f"cannot be used: {error.message}")
        except KeyError:
            yield BrokenRow(place=line.place, problem=f"has no {key!r}; add it")
        else:
            has_begun = True
            yield row_of(line.place, value)


def _parsed(line: Line) -> Any:  # noqa: ANN401 - whatever JSON holds
    if not line.is_whole:
        return BrokenRow(place=line.place, problem=f"is longer than {LONGEST_LINE_BYTES} bytes")
    try:
        return json.loads(decoded(line.data))
    except (ValueError, RecursionError) as error:
        return BrokenRow(place=line.place, problem=f"is no JSON ({error}); mend or remove it")


def _key(first: dict[str, Any], column: str | None) -> str:
    names = list(first)
    return names[photo_column(names, column)]
