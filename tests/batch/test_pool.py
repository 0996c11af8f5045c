"""The pool: one row for each photo, in order, the same as without it, and nothing left behind."""

from __future__ import annotations

import gc
import hashlib
import io
import itertools
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pool_photos import SeenInMemory, code, encoded, noisy, photo, untimed
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.seen import SeenOnDisk
from studio_detector.errors import ConfigError, StudioDetectorError
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.report import Failure
from studio_detector.pipeline.settings import Settings

DESCRIPTORS = Path("/proc/self/fd")
WINDOW = 3
# A busy machine must not fail a photo.
PATIENT = {"timeout_s": 120.0}


def _pids(pool):
    children = [supervisor._child for supervisor in pool._supervisors]
    return [child._process.pid for child in children if child is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Good, equal, damaged, empty and missing files."""
    folder = tmp_path_factory.mktemp("photos")
    for name, data in {
        "good.png": noisy(1),
        "copy of good.png": noisy(1),
        "other.png": noisy(2),
        "cut.png": noisy(3)[:500],
        "copy of cut.png": noisy(3)[:500],
        "text.jpg": b"no picture",
        "empty.jpg": b"",
        "line\nbreak.png": noisy(4),
    }.items():
        (folder / name).write_bytes(data)
    if sys.platform.startswith("linux"):
        (folder / os.fsdecode(b"not utf-8: \xff.png")).write_bytes(noisy(6))
    return folder


@pytest.fixture(scope="module")
def inputs(folder):
    """Name -> (what the pool is given, what a detector in this process is given)."""
    given = {str(path): (photo(str(path)), str(path)) for path in sorted(folder.iterdir())}
    missing = str(folder / "missing.jpg")
    given[missing] = (photo(missing), missing)
    given[str(folder)] = (photo(str(folder)), str(folder))
    given["member.png"] = (photo(noisy(5), "member.png"), noisy(5))
    given["copy.png"] = (photo(noisy(1), "copy.png"), noisy(1))
    given["nothing.png"] = (photo(b"", "nothing.png"), b"")
    return given


@pytest.fixture(scope="module")
def alone(inputs):
    """Name -> row by a detector in this process."""
    detector = Detector()
    rows = {}
    for name, (_, source) in inputs.items():
        try:
            row = detector.analyse(source, path=name).to_dict(verbose=True)
        except StudioDetectorError as error:
            row = Failure.of(name, error).to_dict()
        data = source if isinstance(source, bytes) else _bytes_of(Path(source))
        rows[name] = untimed(row) | {
            "sha256": hashlib.sha256(data).hexdigest() if data else None,
            "file_bytes": len(data) if data else None,
        }
    return rows


def _bytes_of(path):
    return path.read_bytes() if path.is_file() else b""


@pytest.fixture(scope="module")
def pools():
    """Number of workers -> a pool, and what it has seen."""
    pools = {}
    for workers in (1, 2, 3):
        seen = SeenInMemory()
        options = PoolOptions(workers=workers, window=WINDOW, **PATIENT)
        pools[workers] = WorkerPool(Settings(), options, seen=seen), seen
    yield pools
    for pool, _ in pools.values():
        pool.close()


class TestRows:
    """What comes out."""

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data(), workers=st.sampled_from([1, 2, 3]))
    def test_rows_are_those_of_one_process_in_order(self, data, workers, inputs, alone, pools):
        """Whatever the number of workers; copies name the first of them, as it stands in order.

        And photos are pulled no further ahead than the window.
        """
        names = data.draw(st.lists(st.sampled_from([*inputs, "a failure"]), max_size=14))
        pool, seen = pools[workers]
        seen.rows.clear()
        failure = Failure(path="a failure", code="corrupt", message="in the archive")
        pulled, taken = itertools.count(), itertools.count()
        ahead = []

        def give():
            for name in names:
                next(pulled)
                yield failure if name == "a failure" else inputs[name][0]

        rows = []
        for row in pool.run(give()):
            ahead.append(_value(pulled) - next(taken))
            rows.append(untimed(row))

        expected, first = [], {}
        for name in names:
            row = alone.get(name) or {**failure.to_dict(), "sha256": None, "file_bytes": None}
            digest = row["sha256"]
            copy = {"duplicate_of": first[digest]} if digest in first else {}
            first.setdefault(digest, name) if digest else None
            expected.append(row | copy)
        assert expected == rows
        assert WINDOW >= max(ahead, default=0)

    def test_every_copy_is_analysed_where_nothing_is_remembered(self, inputs):
        """Without `Seen`."""
        with WorkerPool(Settings(), PoolOptions(workers=1, **PATIENT)) as pool:
            rows = list(pool.run([inputs["copy.png"][0]] * 3))

        assert all("duplicate_of" not in row for row in rows)
        assert 1 == len({row["sha256"] for row in rows})

    def test_what_was_seen_before_the_run_is_not_analysed_again(self):
        """As when a run is resumed."""
        known = noisy(5)
        remembered = {
            "path": "yesterday.png",
            "is_studio": True,
            "confidence": 0.75,
            "label": "studio",
        }
        with SeenOnDisk() as seen:
            seen.put(hashlib.sha256(known).hexdigest(), remembered)
            with WorkerPool(Settings(), PoolOptions(workers=1, **PATIENT), seen=seen) as pool:
                (row,) = pool.run([photo(known, "today.png")])

        assert {
            **remembered,
            "path": "today.png",
            "sha256": hashlib.sha256(known).hexdigest(),
            "file_bytes": len(known),
            "duplicate_of": "yesterday.png",
        } == row

    def test_settings_reach_the_workers(self, inputs):
        """All of them, limits included."""
        chosen = Settings(phases="all", model="rules", disabled_analyses=("texture",), isolate=True)
        expected = Detector(chosen).analyse(noisy(1), path="copy.png").to_dict(verbose=True)
        with WorkerPool(chosen, PoolOptions(workers=1, **PATIENT)) as pool:
            (row,) = pool.run([inputs["copy.png"][0]])

        del row["file_bytes"]
        assert untimed(expected) == untimed(row)

    def test_streams_are_read_in_order(self):
        """As members of a tape are; one that fails is a row of its own."""

        class Torn(io.RawIOBase):
            def read(self, _size=-1):
                raise EOFError("the archive ends here")

        streams = [
            photo(io.BytesIO(noisy(6)), "a"),
            photo(Torn(), "b"),
            photo(io.BytesIO(noisy(7)), "c"),
        ]
        with WorkerPool(Settings(), PoolOptions(workers=1, **PATIENT)) as pool:
            rows = list(pool.run(streams))

        assert ["a", "b", "c"] == [row["path"] for row in rows]
        assert [None, "read_failed", None] == [code(row) for row in rows]
        assert hashlib.sha256(noisy(7)).hexdigest() == rows[2]["sha256"]

    def test_perceptual_hashes_of_near_pictures_are_near(self):
        """64 digits, and the quality; a failure has none."""
        pytest.importorskip("pdqhash")
        coarse = noisy(8, side_px=256)
        near = encoded(Image.open(io.BytesIO(coarse)).convert("RGB"), "JPEG", quality=60)
        options = PoolOptions(workers=1, perceptual_hash=True, **PATIENT)
        with WorkerPool(Settings(), options) as pool:
            one, two, other, broken = pool.run(
                [photo(d, "x") for d in (coarse, near, noisy(9, side_px=256), b"broken")]
            )

        def distance(a, b):
            return (int(a["pdq"], 16) ^ int(b["pdq"], 16)).bit_count()

        assert 64 == len(one["pdq"])
        assert 0 <= one["pdq_quality"] <= 100
        assert distance(one, two) <= 31 < distance(one, other)
        assert "pdq" not in broken


class TestEnds:
    """How a run ends."""

    @pytest.fixture
    def pool(self):
        with WorkerPool(Settings(), PoolOptions(workers=2, window=4, **PATIENT)) as pool:
            yield pool

    def test_what_the_input_raises_comes_behind_the_rows_before_it(self, pool):
        """A listing that breaks in its midst loses nothing."""

        def breaking():
            yield from (photo(noisy(seed), str(seed)) for seed in range(5))
            raise OSError("the disk is gone")

        rows = []
        with pytest.raises(OSError, match="the disk is gone"):
            rows.extend(pool.run(breaking()))

        assert ["0", "1", "2", "3", "4"] == [row["path"] for row in rows]

    def test_a_stopped_run_finishes_its_window(self, pool):
        """Endless input, stopped in the midst: all that was pulled comes out."""
        pulled = []

        def endless():
            for seed in itertools.count():
                pulled.append(str(seed))
                yield photo(noisy(seed % 5), str(seed))

        rows = []
        for row in pool.run(endless()):
            rows.append(row["path"])
            if len(rows) == 6:
                pool.stop()

        assert pulled == rows
        assert 6 <= len(rows) <= 10

    def test_an_interrupt_ends_at_once_and_leaves_no_process(self, pool):
        """While photos are on their way; the pool can be used again."""

        def interrupted():
            yield from (photo(noisy(seed), str(seed)) for seed in range(3))
            raise KeyboardInterrupt

        list(pool.run([photo(noisy(1), "one worker starts")]))
        rows = pool.run(interrupted())
        with pytest.raises(KeyboardInterrupt):
            next(rows)
        processes = [s._child._process for s in pool._supervisors if s._child is not None]
        pool.close()

        assert processes
        assert all(process.returncode is not None for process in processes)
        assert ["again"] == [row["path"] for row in pool.run([photo(noisy(1), "again")])]

    def test_a_run_that_is_dropped_can_be_closed(self, pool):
        """`break` in the midst, then `close`, then the forgotten iterator goes on."""
        rows = pool.run(photo(noisy(seed), str(seed)) for seed in itertools.count())
        assert "0" == next(rows)["path"]
        with pytest.raises(RuntimeError, match="runs already"):
            next(pool.run([]))
        pool.close()

        assert [] == _pids(pool)
        with pytest.raises(RuntimeError, match="closed"):
            list(rows)

    @pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="counts descriptors by /proc")
    def test_no_descriptor_and_no_process_is_left(self, tmp_path):
        """After a run with replaced workers; `Seen` included."""
        gc.collect()
        before = len(list(DESCRIPTORS.iterdir()))
        processes = set()
        options = PoolOptions(workers=2, recycle_after=3, **PATIENT)
        with SeenOnDisk(tmp_path) as seen, WorkerPool(Settings(), options, seen=seen) as pool:
            for _ in pool.run(photo(noisy(seed), str(seed)) for seed in range(10)):
                processes |= {s._child._process for s in pool._supervisors if s._child}

        assert 3 <= len(processes)
        assert all(process.returncode is not None for process in processes)
        assert before == len(list(DESCRIPTORS.iterdir()))
        assert [] == list(tmp_path.iterdir())

    def test_a_setting_that_cannot_work_ends_the_run_with_its_own_error(self):
        """Found by the worker, raised here as what it is."""
        with (
            WorkerPool(Settings(model="absent"), PoolOptions(workers=2)) as pool,
            pytest.raises(ConfigError, match="absent") as caught,
        ):
            list(pool.run([photo(noisy(1), "a")]))

        assert "unknown_model" == caught.value.code

    def test_no_photos_start_no_worker(self, pool):
        """Nothing in, nothing out."""
        assert [] == list(pool.run([]))
        assert [] == _pids(pool)


class TestOptions:
    """Numbers are checked where they are given."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"workers": -1},
            {"window": -1},
            {"recycle_after": 0},
            {"memory_bytes": 0},
            {"timeout_s": 0},
            {"timeout_s": float("nan")},
            {"timeout_s": float("inf")},
        ],
    )
    def test_numbers_must_be_in_range(self, wrong):
        """Each names itself."""
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            PoolOptions(**wrong)

    def test_workers_are_as_many_as_cores_by_default(self):
        """And the window follows."""
        from studio_detector.batch.cores import usable_cores

        pool = WorkerPool(Settings())

        assert usable_cores() == len(pool._supervisors)
        assert 8 * usable_cores() == pool._size

    @pytest.mark.parametrize(
        ("text", "cores"),
        [("100000 100000", 1), ("150000 100000", 2), ("max 100000", None), ("", None)],
    )
    def test_a_quota_of_cpu_time_bounds_the_cores(self, tmp_path, text, cores):
        """In a container; a broken core counts as one."""
        from studio_detector.batch.cores import usable_cores

        quota = tmp_path / "cpu.max"
        quota.write_text(text)
        unbounded = usable_cores(tmp_path / "absent")

        assert min(cores or unbounded, unbounded) == usable_cores(quota)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX folders")
def test_workers_import_nothing_from_the_current_folder(tmp_path, monkeypatch):
    """Which may be a folder of photos from anywhere."""
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    (tmp_path / "numpy.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    with WorkerPool(Settings(), PoolOptions(workers=1, **PATIENT)) as pool:
        (row,) = pool.run([photo(noisy(1), "a")])

    assert code(row) is None


def _value(counter):
    return int(repr(counter)[len("count(") : -1])
