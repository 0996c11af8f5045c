"""Lists of photos: text, CSV, JSON lines."""

from __future__ import annotations

import io

from studio_detector.sources.manifests.manifest import READERS, listed_photos
from studio_detector.sources.manifests.rows import LONGEST_NAME_BYTES, Row
from tools.fuzz.choice import chosen, parts_of, text_of
from tools.fuzz.target import Target

_SUFFIXES = (".txt", ".csv", ".jsonl")


def check(data: bytes) -> None:
    """Every row names something of bearable length, in the order of the places."""
    suffix, data = chosen(data, _SUFFIXES)
    wanted, data = parts_of(data, 2)
    column = text_of(wanted) if wanted else None
    last = 0
    for row in READERS[suffix](io.BytesIO(data), column):
        if row.place < last:
            raise AssertionError(f"place {row.place} after {last}")
        last = row.place
        if isinstance(row, Row) and not 0 < len(row.name) <= LONGEST_NAME_BYTES:
            raise AssertionError(f"a name of {len(row.name)} characters")
    list(listed_photos(io.BytesIO(data), "-", null_separated=True))


TARGET = Target(
    title="lists of photos: text, CSV, JSON lines",
    check=check,
)
