"""Lists of photos in Parquet."""

from __future__ import annotations

import io

from studio_detector.sources.manifests.parquet import parquet_rows
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """Every row has a place of its own."""
    places = [row.place for row in parquet_rows(io.BytesIO(data), None)]
    if places != list(range(1, len(places) + 1)):
        raise AssertionError(places[:10])


TARGET = Target(
    title="lists of photos: Parquet",
    check=check,
    # Arrow believes what a page says of its length, 2 GiB at most, and sets that aside. Lists are
    # given by whoever runs the program, never by callers of the service.
    memory_mib=8192,
)
