"""``batch --engine``: what reaches the engine, what is refused, and how it ends."""

from __future__ import annotations

from collections import Counter

import pyarrow.dataset
import pytest
from PIL import Image

from engine_process import require
from studio_detector.batch.engines import run as engines
from studio_detector.batch.engines.run import EngineRun


@pytest.fixture
def jobs(monkeypatch):
    """The jobs that reach an engine, which finds one studio photo in each."""
    seen = []

    def record(engine, job, *, resume):
        seen.append((engine, job, resume))
        outcomes = Counter({"studio": len(job.paths)})
        return EngineRun(written=len(job.paths), found=0, unfinished=0, outcomes=outcomes)

    monkeypatch.setattr(engines, "run", record)
    return seen


def test_paths_and_options_reach_the_engine(run, photo, jobs, tmp_path):
    """Lists are read here; files and addresses are left to the engine."""
    first = photo("a.jpg")
    names = tmp_path / "list.txt"
    names.write_text(f"{first}\ns3://bucket/b.jpg\n", encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio_detector.batch.engines.job.Job.__post_init__", lambda _: None)
        result = run(
            *("batch", names, "--engine", "ray", "--cluster", "auto", "--workers", "3"),
            *("-o", "s3://bucket/rows", "--no-timing", "--resume", "--save-every", "50"),
        )

    engine, job, resume = jobs[0]
    assert 0 == result.exit_code
    assert ("ray", True) == (engine, resume)
    assert (first, "s3://bucket/b.jpg") == job.paths
    assert ("s3://bucket/rows", 3, "auto", 50) == (
        job.output,
        job.workers,
        job.cluster,
        job.rows_per_part,
    )
    assert not job.timing
    assert "2 photos: 2 studio" in result.stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--columns", "path"),
        ("--sort-into", "there"),
        ("--near-duplicates",),
        ("--report", "r.html"),
        ("--overwrite",),
        ("--no-measurements",),
        ("--timeout", "3"),
        ("--memory", "300"),
    ],
)
def test_options_of_the_local_pool_are_refused(run, photo, jobs, option):
    """Rather than left unheeded."""
    result = run("batch", photo("a.jpg"), "--engine", "daft", "-o", "rows", *option)

    assert 2 == result.exit_code
    assert f"{option[0]} is not for --engine daft" in result.stderr
    assert [] == jobs


def test_a_cluster_needs_an_engine(run, photo):
    result = run("batch", photo("a.jpg"), "-o", "rows.csv", "--cluster", "auto")

    assert 2 == result.exit_code
    assert "--cluster" in result.stderr


def test_members_of_archives_are_refused(run, jobs, tmp_path):
    """Engines read files; an archive is one file with many photos."""
    import io
    import tarfile

    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("a.jpg")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"\xff\xd8\xff"))
    result = run("batch", tmp_path / "a.tar", "--engine", "daft", "-o", "rows")

    assert 2 == result.exit_code
    assert "member of an archive" in result.stderr
    assert [] == jobs


def test_rows_of_a_list_that_name_nothing_count_as_failed(run, jobs, tmp_path):
    """They are told, since no engine can give them a row."""
    names = tmp_path / "list.jsonl"
    names.write_text('{"path": "a.jpg"}\n{"path": null}\n', encoding="utf-8")

    result = run("batch", names, "--engine", "daft", "-o", "rows")

    assert 3 == result.exit_code
    assert "manifest_invalid" in result.stderr
    assert "2 photos: 1 studio, 1 failed" in result.stderr


def test_a_folder_is_no_output_of_the_local_pool(run, photo, tmp_path):
    result = run("batch", photo("a.jpg"), "-o", tmp_path)

    assert 2 == result.exit_code
    assert "is a folder" in result.stderr


@pytest.mark.slow
def test_daft_writes_the_rows(tmp_path):
    """As a user runs it: three pictures, one of them no picture."""
    import subprocess
    import sys

    require("daft")
    for number in range(2):
        Image.new("RGB", (64, 48), (80 * number, 90, 100)).save(tmp_path / f"{number}.png")
    (tmp_path / "2.jpg").write_bytes(b"no picture")
    command = [sys.executable, "-m", "studio_detector", "batch", ".", "--engine", "daft"]

    done = subprocess.run(
        [*command, "-o", "rows", "--workers", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 3 == done.returncode, done.stderr
    rows = pyarrow.dataset.dataset(tmp_path / "rows").to_table().to_pylist()
    codes = {row["path"]: row["error_code"] for row in rows}
    assert {None, "unsupported_format"} == set(codes.values())
    assert 3 == len(codes)
