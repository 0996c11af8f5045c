"""Who gets which child, and who waits."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from studio_detector.service.children.free import FreeChildren

LONG_S = 30


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def name_of(free, **wish):
    with free.taken(**wish) as child:
        return child


def holding(threads, free, names, **wish):
    """Take a child in a thread; the event gives it back."""
    let_go, took = threading.Event(), threading.Event()

    def hold():
        with free.taken(**wish) as child:
            names.append(child)
            took.set()
            assert let_go.wait(LONG_S)

    held = threads.submit(hold)
    return took, let_go, held


class TestWhoGetsWhich:
    def test_ordinary_work_never_gets_a_kept_one(self):
        free = FreeChildren(["one", "two"], ["kept"])
        with contextlib.ExitStack() as stack:
            taken = {stack.enter_context(free.taken()) for _ in range(2)}
            assert {"one", "two"} == taken
            assert (0, 1) == free.counts()

    def test_urgent_work_gets_the_kept_one_first_and_then_any(self):
        free = FreeChildren(["one", "two"], ["kept"])
        with contextlib.ExitStack() as stack:
            taken = [stack.enter_context(free.taken(is_urgent=True)) for _ in range(3)]
            assert "kept" == taken[0]
            assert {"one", "two"} == set(taken[1:])
        assert (2, 1) == free.counts()

    def test_the_last_one_given_back_goes_first(self):
        """The others sleep."""
        free = FreeChildren(["one", "two", "three"])
        with free.taken() as first:
            with free.taken() as second:
                pass
            assert second == name_of(free)
        assert [first] * 3 == [name_of(free) for _ in range(3)]

    def test_a_child_comes_back_where_it_belongs_whatever_goes_wrong(self):
        free = FreeChildren(["one"], ["kept"])
        for wish in ({}, {"is_urgent": True}):
            with pytest.raises(ZeroDivisionError), free.taken(**wish):
                raise ZeroDivisionError
        assert (1, 1) == free.counts()
        assert "kept" == name_of(free, is_urgent=True)
        assert "one" == name_of(free)


class TestWaiting:
    def test_urgent_work_goes_first_where_both_wait(self, threads):
        """Though it came later."""
        free, order = FreeChildren(["one"]), []
        with free.taken():
            ordinary = [holding(threads, free, order) for _ in range(2)]
            urgent_names = []
            took_urgent, let_urgent_go, urgent = holding(
                threads, free, urgent_names, is_urgent=True
            )
            while free._urgent == 0:
                pass
        assert took_urgent.wait(LONG_S)
        assert [] == order
        let_urgent_go.set()
        for _, let_go, _ in ordinary:
            let_go.set()
        for _, _, held in (*ordinary, (None, None, urgent)):
            held.result(LONG_S)
        assert ["one"] == urgent_names
        assert ["one", "one"] == order

    def test_ordinary_work_goes_on_once_urgent_work_has_its_child(self, threads):
        """What stood back for it is not forgotten."""
        free, names = FreeChildren(["one", "two"]), []
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                stack.enter_context(free.taken())
            urgent = holding(threads, free, names, is_urgent=True)
            ordinary = holding(threads, free, names)
        for took, let_go, held in (urgent, ordinary):
            assert took.wait(LONG_S)
            let_go.set()
            held.result(LONG_S)
        assert (2, 0) == free.counts()

    def test_all_are_waited_for_and_nobody_gets_one_meanwhile(self, threads):
        """As long as they are being closed."""
        free, names, late = FreeChildren(["one"], ["kept"]), [], []
        took, let_go, held = holding(threads, free, names)
        assert took.wait(LONG_S)
        closing, close = threading.Event(), threading.Event()

        def close_all():
            with free.all_taken():
                closing.set()
                assert close.wait(LONG_S)

        waiting = threads.submit(close_all)
        assert not closing.is_set()
        let_go.set()
        assert closing.wait(LONG_S)
        assert (0, 0) == free.counts()
        took_late, let_late_go, held_late = holding(threads, free, late)
        assert not took_late.is_set()
        close.set()
        assert took_late.wait(LONG_S)
        let_late_go.set()
        for done in (waiting, held, held_late):
            done.result(LONG_S)
        assert (1, 1) == free.counts()

    def test_many_threads_never_share_a_child(self, threads):
        """Nor is one lost."""
        free = FreeChildren(["one", "two"], ["kept"])
        busy, lock = set(), threading.Lock()

        def use(number):
            with free.taken(is_urgent=number % 3 == 0) as child:
                with lock:
                    assert child not in busy
                    busy.add(child)
                with lock:
                    busy.remove(child)

        assert [None] * 500 == list(threads.map(use, range(500)))
        assert (2, 1) == free.counts()
