"""Candidates take turns, so that what disturbs one disturbs all."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measure import Stopwatch, UnavailableError, race, ready, takes_turn
from benchmarks.pictures import Picture
from benchmarks.sizes import Size

SIZE = Size(name="tiny", columns_px=4, rows_px=3, rounds=6, grain=0)
SHELF = [Picture(path=Path(f"{index}.jpg"), data=bytes([index])) for index in range(4)]


class Diary:
    """A candidate that notes when it runs and on what."""

    def __init__(self, name, pages, rounds=SIZE.rounds):
        self.name = name
        self.pages = pages
        self.wanted = rounds

    def rounds(self, size):
        del size
        return self.wanted

    def prepare(self):
        if self.wanted < 0:
            raise UnavailableError("no ink")

    def run(self, picture, shelf, watch):
        assert shelf is SHELF
        watch.measure(self.name, lambda: self.pages.append((self.name, picture.data[0])))


def test_every_round_measures_each_candidate_once_on_the_same_picture():
    pages = []
    race([Diary("a", pages), Diary("b", pages), Diary("c", pages)], SHELF, SIZE)

    rounds = [pages[3 * turn : 3 * turn + 3] for turn in range(1, SIZE.rounds + 1)]

    assert all({"a", "b", "c"} == {name for name, _ in one} for one in rounds)
    assert [[turn % len(SHELF)] * 3 for turn in range(SIZE.rounds)] == [
        [picture for _, picture in one] for one in rounds
    ]
    assert {"a", "b", "c"} == {one[0][0] for one in rounds}  # each is first now and then


def test_the_warm_up_is_not_counted():
    pages = []
    (times,) = race([Diary("a", pages)], SHELF, SIZE)

    assert SIZE.rounds + 1 == len(pages)
    assert SIZE.rounds == times.count


def test_slow_candidates_take_part_in_fewer_rounds():
    pages = []
    found = race([Diary("fast", pages), Diary("slow", pages, rounds=2)], SHELF, SIZE)

    assert {"fast": SIZE.rounds, "slow": 2} == {one.name: one.count for one in found}


def test_a_candidate_without_rounds_at_a_size_is_left_out():
    pages = []

    assert [] == race([Diary("a", pages, rounds=0)], SHELF, SIZE)
    assert [] == pages


@pytest.mark.parametrize("rounds", [1, 5, 36])
@pytest.mark.parametrize("wanted", [0, 1, 2, 5, 99])
def test_turns_are_as_many_as_wanted(rounds, wanted):
    taken = sum(takes_turn(turn, rounds, wanted) for turn in range(rounds))

    assert min(wanted, rounds) == taken


def test_who_cannot_run_is_skipped_with_the_reason():
    fine, broken = Diary("fine", []), Diary("broken", [], rounds=-1)

    able, skipped = ready([fine, broken])

    assert [fine] == able
    assert {"broken": "no ink"} == skipped


def test_medians_ignore_one_disturbed_round():
    watch = Stopwatch()
    for cpu_ms in (1.0, 1.0, 500.0, 1.0, 1.0):
        watch.record("a", cpu_ms=cpu_ms, wall_ms=cpu_ms)

    (times,) = watch.times("vga")

    assert 1.0 == times.cpu_ms == times.cpu_ms_low == times.cpu_ms_high
    assert 100.8 == pytest.approx(times.cpu_ms_mean)


def test_time_for_many_pictures_is_told_for_one():
    watch = Stopwatch()
    watch.measure("a", lambda: sum(range(200_000)))
    watch.measure("b", lambda: sum(range(200_000)), pictures=1_000_000)

    one, shared = watch.times("vga")

    assert shared.wall_ms < one.wall_ms
