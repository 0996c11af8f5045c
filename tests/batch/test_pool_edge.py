"""The edge corpus through the pool: every file gives a row, and hostile ones cost only theirs."""

from __future__ import annotations

import json

import pytest

from pool_photos import SeenInMemory, code, photo
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.window import OF_THE_RUN
from studio_detector.errors import CODES
from studio_detector.pipeline.settings import Settings


@pytest.mark.edge
@pytest.mark.slow
def test_every_file_of_the_edge_corpus_gives_a_row(edge_folder):
    """In order, with a known code or a verdict; what is broken has none; no worker is lost."""
    index = [json.loads(line) for line in (edge_folder / "INDEX.jsonl").read_text().splitlines()]
    paths = [str(edge_folder / entry["file"]) for entry in index]
    seen = SeenInMemory()
    with WorkerPool(Settings(), PoolOptions(workers=2, timeout_s=60), seen=seen) as pool:
        rows = list(pool.run(map(photo, paths)))

    assert paths == [row["path"] for row in rows]
    assert {None, *CODES} >= {code(row) for row in rows}
    assert OF_THE_RUN.isdisjoint(code(row) for row in rows)
    assert [] == [
        entry["file"]
        for entry, row in zip(index, rows, strict=True)
        if "error" == entry["expect"] and code(row) is None
    ]
    digests = [row["sha256"] for row in rows if row["sha256"] is not None]
    assert len(set(digests)) == len(seen.rows)
    assert len(digests) - len(set(digests)) == sum("duplicate_of" in row for row in rows)
