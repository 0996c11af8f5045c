"""What hostile photos do to their workers costs one row each, and the run goes on."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import hostile_plugin
from hostile_plugin import DEEDS
from pool_photos import SeenInMemory, code, encoded, flat, noisy, photo
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.settings import Settings

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="signals, and RLIMIT_AS as Linux does it"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder on the import path, with the hostile analysis installed."""
    hostile_plugin.install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def deed(name, side_px=48):
    """A photo that asks for it."""
    colour, _ = DEEDS[name]
    return photo(flat(colour, side_px), name)


def good(seed=1):
    return photo(noisy(seed), "good")


def analyse(photos, *, seen=None, **options):
    """Rows by one worker, and the processes that gave them."""
    options = PoolOptions(**{"workers": 1, "timeout_s": 120.0, **options})
    pids, rows = [], []
    with WorkerPool(Settings(), options, seen=seen) as pool:
        for row in pool.run(photos):
            rows.append(row)
            pids.append(pool._supervisors[0]._child._process.pid)
    return rows, pids


class TestOneRowEach:
    """The photo fails, those around it do not."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("abort", "crashed"),
            ("garble", "crashed"),
            ("grow", "memory"),
            ("end without memory", "memory"),
            ("be killed", "memory"),
            ("raise", "analysis_failed"),
        ],
    )
    @pytest.mark.usefixtures("folder")
    def test_what_it_does_is_its_code(self, name, expected):
        """With what was known of it before it struck."""
        photos = [good(1), deed(name), good(2)]
        rows, _ = analyse(photos, memory_bytes=400 * MIB)

        assert [None, expected, None] == [code(row) for row in rows]
        assert len(photos[1].source) == rows[1]["file_bytes"]
        assert 64 == len(rows[1]["sha256"])

    def test_a_hanging_photo_is_stopped(self, folder):
        """By the wall clock, once: it is not tried again."""
        rows, _ = analyse([good(1), deed("hang"), good(2)], timeout_s=4, sandbox="off")

        assert [None, "timeout", None] == [code(row) for row in rows]
        assert "4 s" in rows[1]["error"]["message"]
        assert ["hang"] == hostile_plugin.attempts(folder)

    @pytest.mark.usefixtures("folder")
    def test_several_workers_go_down_and_the_order_stays(self):
        """Hostile ones among good ones, two workers."""
        names = ["a", "abort", "b", "garble", "c", "end without memory", "d", "raise", "e"]
        photos = [deed(name) if name in DEEDS else photo(noisy(1), name) for name in names]
        rows, _ = analyse(photos, workers=2)

        assert names == [row["path"] for row in rows]
        assert [
            None,
            "crashed",
            None,
            "crashed",
            None,
            "memory",
            None,
            "analysis_failed",
            None,
        ] == [code(row) for row in rows]

    def test_what_is_estimated_not_to_fit_is_refused_as_memory(self):
        """Before decoding, where a worker may take less than the limits allow."""
        large = encoded(np.full((3000, 4000, 3), 128))
        rows, pids = analyse([good(1), photo(large, "large")], memory_bytes=96 * MIB)

        assert [None, "memory"] == [code(row) for row in rows]
        assert 1 == len(set(pids))

    def test_a_refusal_by_the_limits_stays_one(self):
        """And needs no other worker."""
        settings = Settings(limits=Limits(max_pixels=100))
        with WorkerPool(settings, PoolOptions(workers=1, timeout_s=120)) as pool:
            (row,) = pool.run([good()])

        assert "limit_pixels" == code(row)


class TestSecondTry:
    """A photo is not blamed for what another one, or the system, did."""

    @pytest.mark.usefixtures("folder")
    def test_damage_by_an_earlier_photo_is_not_blamed_on_the_next(self):
        """It gets a fresh worker and its verdict."""
        rows, pids = analyse([deed("damage"), good(1), good(2)])

        assert [None, None, None] == [code(row) for row in rows]
        assert 2 == len(set(pids))

    def test_a_worker_killed_by_the_system_is_not_the_photo_s_fault(self, folder):
        """As one that is out of memory kills, even in a fresh worker."""
        rows, _ = analyse([deed("be killed once")], sandbox="off")

        assert [None] == [code(row) for row in rows]
        assert ["be killed once"] * 2 == hostile_plugin.attempts(folder)

    def test_a_fresh_worker_that_crashes_is_proof_enough(self, folder):
        """The first photo of all is tried once."""
        rows, _ = analyse([deed("abort")], sandbox="off")

        assert ["crashed"] == [code(row) for row in rows]
        assert ["abort"] == hostile_plugin.attempts(folder)

    @pytest.mark.parametrize("name", ["abort", "garble", "end without memory", "be killed"])
    def test_nothing_is_tried_more_than_twice(self, folder, name):
        """After a good one, so that the worker is a used one."""
        analyse([good(), deed(name)], sandbox="off")

        assert [name] * 2 == hostile_plugin.attempts(folder)


class TestCopies:
    """Equal bytes of failing photos."""

    def test_copies_of_a_photo_that_crashes_get_their_own_try(self, folder):
        """A crash tells of the run; the row is not lent to others."""
        seen = SeenInMemory()
        photos = [deed("abort"), good(), deed("abort")]
        rows, _ = analyse(photos, seen=seen, workers=2, sandbox="off")

        assert ["crashed", None, "crashed"] == [code(row) for row in rows]
        assert all("duplicate_of" not in row for row in rows)
        assert [rows[1]["sha256"]] == list(seen.rows)
        assert 2 <= len(hostile_plugin.attempts(folder)) <= 4

    def test_copies_of_a_photo_that_fails_by_its_bytes_are_tried_once(self, folder):
        """The message is the same for all."""
        rows, _ = analyse([deed("raise")] * 3, seen=SeenInMemory(), workers=2, sandbox="off")

        assert ["analysis_failed"] * 3 == [code(row) for row in rows]
        assert [None, "raise", "raise"] == [row.get("duplicate_of") for row in rows]
        assert ["raise"] == hostile_plugin.attempts(folder)


def test_workers_are_replaced_in_time():
    """After as many photos as asked, copies and failures included."""
    photos = [good(1), photo(b"broken", "broken"), good(1), good(2), good(3)]
    _, pids = analyse(photos, recycle_after=2, window=1, seen=SeenInMemory())

    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
