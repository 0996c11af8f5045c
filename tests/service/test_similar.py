"""The index of perceptual hashes, against comparing everything with everything."""

from __future__ import annotations

import secrets
import threading
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.batch.near_duplicates import MAX_DISTANCE_BITS, MIN_QUALITY
from studio_detector.service.records import Work
from studio_detector.service.similar import HashRow, SimilarIndex

WORKS = [
    Work(variant=variant, pipeline_version="1", phases="auto") for variant in ("default", "other")
]
WORK = WORKS[0]
BASE = int.from_bytes(bytes(range(32)), "big")

# Few base pictures with some bits changed, so that many pairs are near and many are not.
HASHES = st.tuples(
    st.sampled_from([BASE, BASE ^ (2**256 - 1), BASE ^ (2**40 - 1)]),
    st.sets(st.integers(0, 255), max_size=45),
).map(lambda parts: parts[0] ^ sum(1 << bit for bit in parts[1]))
ENTRIES = st.tuples(
    st.sampled_from(["one", "two"]),
    st.sampled_from(WORKS),
    HASHES,
    st.integers(MIN_QUALITY - 2, 100),
)


def _hex(number):
    return f"{number:064x}"


def _flipped(number, bits):
    return number ^ ((1 << bits) - 1)


class Store:
    """Gives rows by number, as the real one does."""

    def __init__(self, rows=()):
        self.rows = list(rows)
        self.asked = []

    def __call__(self, after_seq, limit):
        self.asked.append(after_seq)
        later = sorted(row for row in self.rows if row.seq > after_seq)
        return later[:limit]

    def gain(self, seq, number=BASE, quality=100, work=WORK, tenant="one"):
        pdq = None if number is None else _hex(number)
        row = HashRow(seq, tenant, uuid4(), work, pdq, quality)
        self.rows.append(row)
        return row.result_id


@given(
    st.lists(ENTRIES, max_size=40),
    st.data(),
    ENTRIES,
    st.sampled_from([None, *WORKS]),
)
def test_it_finds_what_comparing_everything_would_find(entries, data, asked, only):
    """Names, distances and order, after some were forgotten."""
    index = SimilarIndex()
    known = {}
    for number, (tenant, work, pdq, quality) in enumerate(entries):
        known[UUID(int=number)] = (tenant, work, pdq, quality)
        index.add(tenant, work, UUID(int=number), _hex(pdq), quality)
    forgotten = data.draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    for result_id in forgotten:
        index.forget(known[result_id][0], result_id)
    tenant, _, pdq, quality = asked

    expected = sorted(
        (((pdq ^ theirs).bit_count()), result_id)
        for result_id, (their_tenant, work, theirs, their_quality) in known.items()
        if result_id not in forgotten
        and their_tenant == tenant
        and only in {None, work}
        and their_quality >= MIN_QUALITY
        and quality >= MIN_QUALITY
        and (pdq ^ theirs).bit_count() <= MAX_DISTANCE_BITS
    )
    assert [(name, far) for far, name in expected] == index.near(tenant, _hex(pdq), quality, only)


class TestNear:
    def test_the_bounds_are_those_of_the_batch_command(self):
        """31 bits are near, 32 are not."""
        index = SimilarIndex()
        index.add("one", WORK, UUID(int=31), _hex(_flipped(BASE, 31)), 50)
        index.add("one", WORK, UUID(int=32), _hex(_flipped(BASE, 32)), 50)
        index.add("one", WORK, UUID(int=49), _hex(BASE), 49)

        assert [(UUID(int=31), 31)] == index.near("one", _hex(BASE), 50)
        assert [] == index.near("one", _hex(BASE), 49)

    def test_an_unknown_tenant_or_work_has_nothing(self):
        """And no error."""
        index = SimilarIndex()
        assert [] == index.near("nobody", _hex(BASE), 100)
        index.add("one", WORK, uuid4(), _hex(BASE), 100)

        assert [] == index.near("two", _hex(BASE), 100)
        assert [] == index.near("one", _hex(BASE), 100, WORKS[1])

    def test_it_stays_right_while_it_grows_and_shrinks(self):
        """Thousands come and go."""
        index = SimilarIndex()
        kept = []
        for n in range(5000):
            result_id = UUID(int=n)
            index.add("one", WORK, result_id, _hex(BASE ^ (n << 100)), 100)
            if n % 10:
                index.forget("one", result_id)
            else:
                kept.append((result_id, n.bit_count()))

        assert len(kept) == len(index)
        kept.sort(key=lambda item: (item[1], item[0]))
        assert kept == index.near("one", _hex(BASE), 100)

    def test_a_hash_of_another_length_is_refused(self):
        """Before it harms the others."""
        index = SimilarIndex()
        index.add("one", WORK, UUID(int=1), _hex(BASE), 100)

        with pytest.raises(ValueError, match="32 bytes"):
            index.add("one", WORK, UUID(int=2), "abcd", 100)

        assert [(UUID(int=1), 0)] == index.near("one", _hex(BASE), 100)


class TestCatchingUp:
    def test_it_takes_what_is_new_and_only_that(self):
        """However often it is asked to."""
        store, index = Store(), SimilarIndex()
        first = store.gain(1)
        assert 1 == index.catch_up(store)
        second = store.gain(2)

        assert [1, 0] == [index.catch_up(store) for _ in range(2)]
        assert {first, second} == {name for name, _ in index.near("one", _hex(BASE), 100)}
        assert 2 == len(index)

    def test_results_without_a_hash_count_but_are_not_named(self):
        """Nor are those whose hash is no good."""
        store, index = Store(), SimilarIndex()
        store.gain(1, number=None, quality=None)
        store.gain(2, quality=10)

        assert 2 == index.catch_up(store)
        assert 0 == len(index)

    def test_a_number_that_shows_up_late_is_not_missed(self):
        """Transactions may end in another order than they began."""
        store, index = Store(), SimilarIndex()
        store.gain(7)
        index.catch_up(store)
        late = store.gain(5)

        assert 1 == index.catch_up(store)
        assert late in {name for name, _ in index.near("one", _hex(BASE), 100)}

    def test_a_long_history_is_read_in_pages(self):
        """And once."""
        store, index = Store(), SimilarIndex()
        for seq in range(1, 25_001):
            store.gain(seq, number=BASE ^ (seq << 128))
        assert 25_000 == index.catch_up(store)
        assert [0, 10_000, 20_000] == store.asked

        assert 0 == index.catch_up(store)
        assert 25_000 == len(index)

    def test_a_result_deleted_while_its_page_was_on_its_way_stays_away(self):
        """It was read before it was deleted, and arrives after."""
        store, index = Store(), SimilarIndex()
        deleted, kept = store.gain(1), store.gain(2)

        def slow_store(after_seq, limit):
            rows = store(after_seq, limit)
            index.forget("one", deleted)
            return rows

        index.catch_up(slow_store)

        assert [(kept, 0)] == index.near("one", _hex(BASE), 100)

    def test_a_store_that_fails_costs_nothing(self):
        """What it raises is passed on, and the next time goes on where it stopped."""
        store, index = Store(), SimilarIndex()
        store.gain(1)

        def broken(after_seq, limit):
            raise OSError

        with pytest.raises(OSError):
            index.catch_up(broken)

        assert 1 == index.catch_up(store)

    def test_many_threads_may_use_it_at_once(self):
        """Nothing is lost, doubled or half seen."""
        store, index = Store(), SimilarIndex()
        for seq in range(1, 3001):
            store.gain(seq, number=BASE ^ (seq << 64))
        wrong = []
        start = threading.Barrier(9)

        def catch_up():
            start.wait()
            index.catch_up(store)

        def add_and_forget():
            start.wait()
            for _ in range(200):
                result_id, pdq = uuid4(), secrets.randbits(256)
                index.add("two", WORK, result_id, _hex(pdq), 100)
                if (result_id, 0) not in index.near("two", _hex(pdq), 100):
                    wrong.append("not found")
                index.forget("two", result_id)
                if index.near("two", _hex(pdq), 100):
                    wrong.append("not forgotten")

        threads = [threading.Thread(target=catch_up) for _ in range(4)]
        threads += [threading.Thread(target=add_and_forget) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [] == wrong
        assert 3000 == len(index)


def test_what_is_forgotten_is_not_kept_in_mind_unless_a_page_is_on_its_way():
    """A worker that erases for years and never compares must not grow by it."""
    index = SimilarIndex()
    for number in range(100):
        index.forget("one", UUID(int=number))
    assert not index._forgotten
