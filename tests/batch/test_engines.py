"""The same pictures through every engine give the same rows.

Daft and Ray are services here: without the extra ``distributed`` their tests are skipped, and
fail where REQUIRE_SERVICES is 1.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

import synthetic_scenes
from engine_process import require, run_apart
from studio_detector.batch.engines.folder import PartsFolder, run_identity
from studio_detector.batch.engines.spark_engine import score_partition
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.rows import row_columns, row_of
from studio_detector.batch.scoring import Scorer, score_batch
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Photo

PICTURES = 300
_SIZE_PX = (160, 120)
SETTINGS = Settings(isolate=True)
#: What a user might have called a file when disks were Latin-1.
_ODD_NAME = os.fsdecode(b"\xe9t\xe9 \n$1.jpg")


def _picture(number):
    scene = synthetic_scenes.sample(synthetic_scenes.SAMPLES[number % 10])
    small = cv2.resize(scene, _SIZE_PX, interpolation=cv2.INTER_AREA)
    shifted = np.roll(small, 2 * number, axis=1)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 60 + number % 35]
    return cv2.imencode(".jpg", shifted[:, :, ::-1], quality)[1].tobytes()


def _png_header(side_px):
    """A picture that says it is square and large, and is not."""
    size = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(bytes(10))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Paths of 300 distinct pictures, and of files that are wrong in every usual way."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(PICTURES):
        folder.joinpath(f"{number:03}.jpg").write_bytes(_picture(number))
    whole = _picture(PICTURES)
    wrong = {
        "cut.jpg": whole[: len(whole) // 2],
        "damaged.jpg": whole[:300] + bytes(400) + whole[700:],
        "empty.jpg": b"",
        "text.jpg": b"no picture at all",
        "bomb.png": _png_header(100_000),
        _ODD_NAME: whole,
    }
    for name, data in wrong.items():
        folder.joinpath(name).write_bytes(data)
    folder.joinpath("folder.jpg").mkdir()
    return [*sorted(map(str, folder.iterdir())), str(folder / "missing.jpg")]


@pytest.fixture(scope="session")
def local_rows(pictures):
    """What `score_batch` gives in this process."""
    with Scorer(SETTINGS, timing=False) as scorer:
        return _by_path(scorer(_batch(pictures)))


def _batch(paths):
    return pa.record_batch({"path": pa.array([os.fsencode(p) for p in paths], pa.binary())})


def _by_path(batch):
    """Rows in the order of their names; engines keep none."""
    return sorted(batch.to_pylist(), key=lambda row: (row["path"], row["path_bytes"] or ""))


def _rows(folder):
    parts = pyarrow.dataset.dataset(folder, format="parquet")
    return _by_path(parts.to_table())


def _name(row):
    raw = row["path_bytes"]
    return row["path"] if raw is None else os.fsdecode(bytes.fromhex(raw))


def _addresses(paths):
    return [Path(path).as_uri() for path in paths]


def test_the_pictures_are_distinct_and_the_wrong_ones_fail_each_in_its_way(local_rows):
    """Else the comparisons below would prove little."""
    good = [row for row in local_rows if row["error_code"] is None]
    codes = {Path(row["path"]).name: row["error_code"] for row in local_rows if row["error_code"]}

    assert PICTURES <= len({row["logit"] for row in good})
    assert {"studio", "natural"} <= {row["label"] for row in good}
    assert {
        "cut.jpg": "truncated",
        "empty.jpg": "empty",
        "text.jpg": "unsupported_format",
        "bomb.png": "limit_side",
        "folder.jpg": "not_a_file",
        "missing.jpg": "not_found",
    }.items() <= codes.items()
    assert 1 == sum(row["path_bytes"] is not None for row in local_rows)


def test_the_local_worker_pool_gives_the_same_rows(pictures, local_rows):
    columns = row_columns([a.SPEC for a in Scorer(SETTINGS).detector.registry], timing=False)
    with WorkerPool(SETTINGS, PoolOptions(workers=2)) as pool:
        results = pool.run(Photo(source=path, path=path) for path in pictures)
        names = [column.name for column in columns]
        rows = [dict(zip(names, row_of(result, columns), strict=True)) for result in results]

    assert local_rows == sorted(rows, key=lambda row: (row["path"], row["path_bytes"] or ""))


def test_spark_partitions_give_the_same_rows(pictures, local_rows):
    """Fed as ``mapInArrow`` feeds: an iterator of batches in, an iterator of batches out."""
    some = pictures[-60:]
    batches = (_batch(some[start : start + 20]) for start in range(0, 60, 20))

    scored = list(score_partition(SETTINGS, timing=False)(batches))

    expected = [row for row in local_rows if _name(row) in some]
    assert [20, 20, 20] == [batch.num_rows for batch in scored]
    assert expected == _by_path(pa.Table.from_batches(scored))


def test_daft_gives_the_same_rows_also_after_an_interruption(tmp_path, pictures, local_rows):
    """An earlier run did 40 photos and left a part half written."""
    require("daft")
    output = tmp_path / "rows"
    with Scorer(SETTINGS, timing=False) as scorer:
        PartsFolder.at(str(output)).claim(run_identity(SETTINGS, scorer), resume=False)
        earlier = pa.Table.from_batches([scorer(_batch(pictures[:40]))])
    pyarrow.parquet.write_table(earlier, output / "earlier.parquet")
    output.joinpath("half.parquet").write_bytes(b"PAR1 and then the power went")

    (counts,) = run_apart(
        tmp_path,
        [{"engine": "daft", "output": str(output), "paths": pictures, "resume": True}],
    )

    assert local_rows == _rows(output)
    assert (len(pictures) - 40, 40, 1) == (counts["written"], counts["found"], counts["unfinished"])
    assert len(pictures) == sum(counts["outcomes"].values())
    assert ["_half.parquet.unfinished"] == [p.name for p in output.glob("*.unfinished")]


def test_ray_data_and_daft_on_ray_give_the_same_rows(tmp_path, pictures, local_rows):
    """On one cluster of one machine, started for the test."""
    require("ray", "daft")
    outputs = [str(tmp_path / name) for name in ("ray", "daft", "fetched")]
    stored = [*pictures[:20], str(tmp_path / "not-there.jpg")]
    runs = [
        {"engine": engine, "output": output, "paths": paths, "cluster": "auto"}
        for engine, output, paths in zip(
            ("ray", "daft", "ray"),
            outputs,
            (pictures, pictures, _addresses(stored)),
            strict=True,
        )
    ]

    counts = run_apart(tmp_path, runs, start_ray=True)

    for output in outputs[:2]:
        assert local_rows == _rows(output)
    assert [len(pictures), len(pictures), len(stored)] == [count["written"] for count in counts]
    _check_fetched(stored, _rows(outputs[2]), local_rows)


def test_daft_fetches_photos_from_a_store_and_goes_on_later(tmp_path, pictures, local_rows):
    """In two runs of one process."""
    require("daft")
    some = [*pictures[:20], str(tmp_path / "not-there.jpg")]
    job = {"engine": "daft", "output": str(tmp_path / "rows"), "resume": True}

    counts = run_apart(
        tmp_path, [job | {"paths": _addresses(some[:5])}, job | {"paths": _addresses(some)}]
    )

    assert [(5, 0), (16, 5)] == [(count["written"], count["found"]) for count in counts]
    _check_fetched(some, _rows(tmp_path / "rows"), local_rows)


def _check_fetched(some, rows, local_rows):
    """The bytes are those of the files, so only the name differs; the last is not there."""
    expected = {row["path"]: row for row in local_rows}
    rows = {row["path"]: row for row in rows}
    assert {*_addresses(some)} == {*rows}
    for path, address in zip(some[:20], _addresses(some), strict=False):
        assert expected[path] | {"path": address} == rows[address]
    assert "read_failed" == rows[_addresses(some)[-1]]["error_code"]


@pytest.mark.photos
def test_photographs_give_the_same_rows_on_engines_that_start_by_themselves(
    tmp_path, photos_folder
):
    """A hundred real photographs: what a synthetic scene would not bring to light."""
    require("daft", "ray")
    paths = [str(path) for path in sorted(photos_folder.glob("images/**/*.jpg"))[:100]]
    outputs = {engine: str(tmp_path / engine) for engine in ("daft", "ray")}

    run_apart(
        tmp_path,
        [{"engine": engine, "output": out, "paths": paths} for engine, out in outputs.items()],
    )

    expected = _by_path(score_batch(_batch(paths), timing=False))
    assert 100 == len(expected)
    for output in outputs.values():
        assert expected == _rows(output)
