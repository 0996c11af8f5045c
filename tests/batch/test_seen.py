"""What `Seen` promises, held against every implementation; and the disk below the real one."""

from __future__ import annotations

import hashlib
import sqlite3
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pool_photos import SeenInMemory
from studio_detector.batch.seen import SeenOnDisk

DIGESTS = st.integers(0, 5).map(lambda n: hashlib.sha256(bytes([n])).hexdigest())
ROWS = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.lists(st.integers()),
    max_size=4,
)


class SeenContract:
    """The base; a subclass says how one is made."""

    def make(self):
        raise NotImplementedError

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(puts=st.lists(st.tuples(DIGESTS, ROWS), max_size=12))
    def test_the_first_row_of_a_digest_is_kept(self, puts):
        """Whole, and no other is."""
        seen = self.make()
        first = {}
        for digest, row in puts:
            assert first.get(digest) == seen.get(digest)
            seen.put(digest, row)
            first.setdefault(digest, row)

        assert all(row == seen.get(digest) for digest, row in first.items())

    def test_threads_may_ask_while_one_tells(self):
        """As the workers' keepers do."""
        seen = self.make()
        digests = [hashlib.sha256(bytes([n])).hexdigest() for n in range(100)]
        answers = []

        def ask():
            answers.extend(seen.get(digest) for digest in digests)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for digest in digests:
            seen.put(digest, {"path": digest})
        for thread in threads:
            thread.join()

        assert 300 == len(answers)
        assert all(answer is None or answer["path"] in digests for answer in answers)


class TestSeenInMemory(SeenContract):
    """The one the tests use."""

    def make(self):
        return SeenInMemory()


class TestSeenOnDisk(SeenContract):
    """The real one."""

    def make(self):
        return self._open()

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        opened = []
        self._open = lambda: opened.append(SeenOnDisk(tmp_path)) or opened[-1]
        yield
        for seen in opened:
            seen.close()
        assert [] == list(tmp_path.iterdir())

    def test_a_name_that_is_no_text_is_kept(self):
        """Bytes of a path that are no valid UTF-8."""
        seen = self.make()
        seen.put("ab" * 32, {"path": "na\udcefve.jpg"})

        assert {"path": "na\udcefve.jpg"} == seen.get("ab" * 32)

    def test_a_disk_that_fails_makes_it_forget_and_say_so(self):
        """The run goes on without it."""
        seen = self.make()
        seen.put("ab" * 32, {"path": "a"})
        assert seen.trouble is None
        # The one way to a full disk that leaves the machine's alone.
        seen._database.execute("PRAGMA max_page_count = 1")
        for number in range(200):
            digest = hashlib.sha256(bytes([number])).hexdigest()
            seen.put(digest, {"path": "x" * 100, "noise": digest * 50})

        assert "full" in seen.trouble
        assert seen.get("ab" * 32) is None

    def test_many_rows_stay_out_of_memory(self):
        """SQLite's own memory stays near its cache, whatever is put."""
        seen = self.make()
        for number in range(20_000):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            noise = hashlib.shake_256(digest.encode()).hexdigest(600)
            seen.put(digest, {"path": str(number), "noise": noise})
        pages, size = (
            seen._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )

        assert pages * size > 12 * 1024 * 1024
        assert (-8 * 1024,) == seen._database.execute("PRAGMA cache_size").fetchone()
        assert {"path": "19999"}.items() <= seen.get(digest).items()

    def test_closed_twice_it_knows_nothing(self):
        """And takes nothing."""
        seen = self.make()
        seen.close()
        seen.close()
        seen.put("ab" * 32, {})

        assert seen.get("ab" * 32) is None
        assert seen.trouble is None

    def test_rows_are_not_kept_as_they_are(self):
        """Keys repeat, so a row takes much less than its text."""
        seen = self.make()
        row = {f"measurement {number}": 0.5 for number in range(200)}
        seen.put("ab" * 32, row)
        ((packed,),) = seen._database.execute("SELECT length(row) FROM seen")

        assert len(str(row)) > 4 * packed


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    """Not silently another one."""
    with pytest.raises(OSError, match="absent"):
        SeenOnDisk(tmp_path / "absent")


def test_sqlite_is_new_enough():
    """Tables without row numbers came with 3.8.2."""
    assert sqlite3.sqlite_version_info >= (3, 8, 2)
