"""What a run on an engine checks before the engine starts, and what it makes of the folder."""

from __future__ import annotations

import importlib
import os
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.batch.engines import packages
from studio_detector.batch.engines.folder import PartsFolder, missing, run_identity
from studio_detector.batch.engines.job import Job
from studio_detector.batch.engines.packages import QUIET_ENVIRONMENT, be_quiet, package
from studio_detector.batch.engines.run import run
from studio_detector.batch.scoring import Scorer, score_batch
from studio_detector.errors import AnalysisError, ConfigError, MissingExtraError, OutputError
from studio_detector.pipeline.settings import Settings

SETTINGS = Settings(model="rules", phases="lighting")


def _job(paths=("a.jpg",), output="rows", **options):
    return Job(paths=tuple(paths), output=str(output), settings=SETTINGS, **options)


def _identity(settings=SETTINGS):
    return run_identity(settings, Scorer(settings, timing=False))


def _part(folder, name, *paths):
    raw = pa.array([os.fsencode(path) for path in paths], pa.binary())
    rows = score_batch(pa.record_batch({"path": raw}), SETTINGS, timing=False)
    pq.write_table(pa.Table.from_batches([rows]), folder / name)


@given(count=st.integers(0, 200), workers=st.integers(1, 9), rows_per_part=st.integers(1, 50))
def test_pieces_cover_the_photos_in_order_and_none_is_larger_than_a_part(
    count, workers, rows_per_part
):
    paths = [f"{number}.jpg" for number in range(count)]
    job = _job(paths, workers=workers, rows_per_part=rows_per_part)

    pieces = [table["path"].to_pylist() for table in job.photo_parts()]

    assert job.parts == len(pieces)
    assert [os.fsencode(path) for path in paths] == [path for piece in pieces for path in piece]
    assert all(0 < len(piece) <= rows_per_part for piece in pieces)
    assert count < workers or workers <= len(pieces) or rows_per_part * workers > count


@pytest.mark.parametrize("field", ["workers", "rows_per_part", "batch_rows"])
def test_numbers_below_1_are_refused(field):
    with pytest.raises(ConfigError, match=field):
        _job(**{field: 0})


@pytest.mark.parametrize("address", ["https://a.example/b.jpg", "HTTP://a", "ftp://a/b.jpg"])
def test_addresses_of_the_web_are_refused(address):
    """A list from outside must not make workers inside a network fetch what it names."""
    with pytest.raises(ConfigError, match="store"):
        _job(["s3://bucket/a.jpg", address])


def test_local_paths_and_addresses_are_not_mixed():
    with pytest.raises(ConfigError, match="mixed"):
        _job(["s3://bucket/a.jpg", "a.jpg"])
    assert _job(["s3://bucket/a.jpg"]).remote
    assert not _job(["a.jpg", "b:/c.jpg"]).remote


def test_local_names_travel_as_bytes_and_addresses_as_text():
    odd = os.fsdecode(b"\xff.jpg")

    assert [b"\xff.jpg"] == _job([odd]).photos()["path"].to_pylist()
    assert ["s3://bucket/a.jpg"] == _job(["s3://bucket/a.jpg"]).photos()["path"].to_pylist()


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_what_is_missing_is_what_was_asked_for_less_what_is_done(paths, done):
    """A path given twice needs two rows."""
    left = missing(paths, Counter(done))

    assert Counter(paths) - Counter(done) == Counter(left)
    rest = iter(paths)
    assert all(path in rest for path in left), "the order is kept"


def test_a_folder_counts_its_rows_by_path_and_by_outcome(tmp_path):
    odd = os.fsdecode(b"\xff.jpg")
    _part(tmp_path, "1.parquet", "a.jpg", "b.jpg", odd)
    _part(tmp_path, "2.parquet", "a.jpg")
    folder = PartsFolder.at(str(tmp_path))

    assert {"a.jpg": 2, "b.jpg": 1, odd: 1} == dict(folder.done())
    assert {"not_found": 4} == dict(folder.outcomes())


def test_a_folder_that_is_not_there_yet_is_made(tmp_path):
    folder = PartsFolder.at(str(tmp_path / "deep" / "rows"))

    folder.claim(_identity(), resume=True)

    assert 0 == folder.done().total()
    assert (tmp_path / "deep" / "rows" / "_run.json").exists()


def test_parts_are_added_to_only_when_told_and_only_by_the_same_run(tmp_path):
    folder = PartsFolder.at(str(tmp_path))
    folder.claim(_identity(), resume=False)
    _part(tmp_path, "1.parquet", "a.jpg")
    others = Settings(model="rules", phases="lighting", working_size_px=256)

    with pytest.raises(OutputError) as exists:
        folder.claim(_identity(), resume=False)
    with pytest.raises(OutputError, match="settings") as mismatch:
        folder.claim(_identity(others), resume=True)
    folder.claim(_identity(Settings(model="rules", phases="lighting", isolate=True)), resume=True)

    assert "output_exists" == exists.value.code
    assert "resume_mismatch" == mismatch.value.code


@pytest.mark.parametrize("damage", [None, b"", b"[]", b"no json"])
def test_parts_of_unknown_origin_are_not_added_to(tmp_path, damage):
    _part(tmp_path, "1.parquet", "a.jpg")
    if damage is not None:
        (tmp_path / "_run.json").write_bytes(damage)

    with pytest.raises(OutputError) as caught:
        PartsFolder.at(str(tmp_path)).claim(_identity(), resume=True)

    assert "resume_mismatch" == caught.value.code


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    tmp_path.joinpath("file").write_bytes(b"")

    with pytest.raises(OutputError) as caught:
        PartsFolder.at(str(tmp_path / "file" / "rows")).claim(_identity(), resume=False)

    assert "output_failed" == caught.value.code


def test_half_written_parts_are_set_aside_and_whole_ones_kept(tmp_path):
    _part(tmp_path, "whole.parquet", "a.jpg")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "half.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.parquet").write_bytes(b"")
    folder = PartsFolder.at(str(tmp_path))

    assert 2 == folder.set_unfinished_aside()
    assert 0 == folder.set_unfinished_aside()
    assert {"a.jpg": 1} == dict(folder.done())


def test_an_address_no_store_has_is_refused():
    with pytest.raises(ConfigError, match="nowhere"):
        PartsFolder.at("nowhere://a/b")


def test_an_engine_that_loses_photos_is_found_out(tmp_path, monkeypatch):
    from studio_detector.batch.engines import run as run_module

    monkeypatch.setattr(packages, "package", lambda name: name)
    monkeypatch.setattr(
        run_module, "_write", lambda _, job: _part(tmp_path, "1.parquet", *job.paths[:-1])
    )

    with pytest.raises(AnalysisError, match="1 of 3 photos have no row"):
        run("daft", _job(["a.jpg", "b.jpg", "c.jpg"], tmp_path, timing=False))


def test_a_run_that_is_done_starts_no_engine(tmp_path, monkeypatch):
    from studio_detector.batch.engines import run as run_module

    monkeypatch.setattr(packages, "package", lambda name: name)
    written = []
    monkeypatch.setattr(
        run_module,
        "_write",
        lambda _, job: (written.append(job.paths), _part(tmp_path, "1.parquet", *job.paths)),
    )
    job = _job(["a.jpg", "b.jpg"], tmp_path, timing=False)

    first = run("daft", job)
    again = run("daft", job, resume=True)

    assert [("a.jpg", "b.jpg")] == written
    assert (2, 0) == (first.written, first.found)
    assert (0, 2) == (again.written, again.found)
    assert {"not_found": 2} == dict(again.outcomes)


def test_a_missing_package_is_named_with_its_extra_and_leaves_no_folder(tmp_path, monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(packages.importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"studio-detector\[distributed\]"):
        package("ray.data")
    monkeypatch.undo()
    monkeypatch.setattr(packages, "importlib", _WithoutEngines())

    with pytest.raises(MissingExtraError, match="daft"):
        run("daft", _job(output=tmp_path / "rows"))

    assert not (tmp_path / "rows").exists()


class _WithoutEngines:
    def import_module(self, name):
        if name.partition(".")[0] in {"daft", "ray"}:
            raise ModuleNotFoundError(name)
        return importlib.import_module(name)


def test_usage_statistics_are_off_unless_the_user_wants_them():
    plain, chosen = {}, {"DO_NOT_TRACK": "0"}

    be_quiet(plain)
    be_quiet(chosen)

    assert dict(QUIET_ENVIRONMENT) == plain
    assert "0" == chosen["DO_NOT_TRACK"]
    assert "0" == chosen["RAY_USAGE_STATS_ENABLED"]
