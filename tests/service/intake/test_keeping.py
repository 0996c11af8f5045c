"""Pictures of one request are kept some at a time, each once, and all in the end."""

from __future__ import annotations

import queue
import threading

import pytest

from studio_detector.errors import BusyError
from studio_detector.service.intake.keeping import Keeping

MIB = 1024 * 1024


class NotedVault:
    """Notes what is put at once; is full when told to."""

    def __init__(self):
        self.puts = []
        self.is_full = False

    def put_all(self, pictures):
        if self.is_full:
            raise BusyError("full", code="storage_full")
        self.puts.append(dict(pictures))


class NotedPictures:
    """Notes what is said of pictures; is away when told to."""

    def __init__(self):
        self.needed = queue.SimpleQueue()
        self.given_up = []
        self.is_away = False

    def still_need(self, expected):
        self.needed.put(list(expected))
        if self.is_away:
            raise BusyError("away", code="store_unavailable")

    def give_up(self, expected):
        if self.is_away:
            raise BusyError("away", code="store_unavailable")
        self.given_up += expected


def hash_of(number):
    return f"{number:064x}"


def kept(vault, pictures):
    """Give pictures, each after it was added, and return what was given."""
    keeping = Keeping(vault, NotedPictures(), "t")

    def found():
        for number, data in pictures:
            keeping.add(hash_of(number), data)
            yield number

    return list(keeping.until_all_are_kept(found()))


def test_every_picture_is_kept_under_its_tenant_and_hash():
    """The last ones as well, which are fewer than the others."""
    vault = NotedVault()
    pictures = [(number, b"%d" % number) for number in range(70)]

    assert list(range(70)) == kept(vault, pictures)

    together = {key: data for put in vault.puts for key, data in put.items()}
    assert {f"t/{hash_of(number)}": data for number, data in pictures} == together
    assert 1 < len(vault.puts) < 10


def test_what_a_request_has_twice_is_kept_once():
    """Since putting counts how many requests await a picture."""
    vault = NotedVault()

    kept(vault, [(number % 40, b"x") for number in range(200)])

    assert 40 == sum(map(len, vault.puts))


def test_large_pictures_do_not_pile_up():
    """They are in memory by the handful."""
    vault = NotedVault()

    kept(vault, [(number, bytes(3 * MIB)) for number in range(20)])

    assert max(sum(map(len, put.values())) for put in vault.puts) < 12 * MIB


def test_a_request_without_pictures_puts_nothing():
    vault = NotedVault()

    assert [] == kept(vault, [])
    assert [] == vault.puts


@pytest.mark.parametrize("count", [1, 100])
def test_a_full_place_is_told_before_the_end(count):
    """So that nothing is accepted whose picture is not kept."""
    vault = NotedVault()
    vault.is_full = True

    with pytest.raises(BusyError):
        kept(vault, [(number, b"x") for number in range(count)])


class SlowVault(NotedVault):
    """Puts nothing before it is told to."""

    def __init__(self):
        super().__init__()
        self.may_put = threading.Event()

    def put_all(self, pictures):
        assert self.may_put.wait(30)
        super().put_all(pictures)


def added(keeping, count):
    """Add pictures, and give each after that."""
    for number in range(count):
        keeping.add(hash_of(number), b"x")
        yield number


def test_the_next_are_read_while_some_are_put():
    """Or the children would wait for both, one after the other."""
    vault = SlowVault()
    keeping = Keeping(vault, NotedPictures(), "t")
    given = keeping.until_all_are_kept(added(keeping, 40))

    assert list(range(40)) == [next(given) for _ in range(40)]
    vault.may_put.set()

    assert [] == list(given)
    assert 40 == sum(map(len, vault.puts))


def test_what_is_given_up_midway_leaves_no_thread():
    before = set(threading.enumerate())
    vault = NotedVault()
    keeping = Keeping(vault, NotedPictures(), "t")
    given = keeping.until_all_are_kept(added(keeping, 100))
    for _ in range(50):
        next(given)

    given.close()

    assert before == set(threading.enumerate())
    assert 32 == sum(map(len, vault.puts))


@pytest.mark.parametrize("is_away", [False, True])
def test_what_was_kept_stays_needed_while_more_comes(is_away):
    """However long that takes, and though the store is away for a while."""
    pictures = NotedPictures()
    pictures.is_away = is_away
    keeping = Keeping(NotedVault(), pictures, "t", sign_every_s=0.01)
    given = keeping.until_all_are_kept(added(keeping, 50))
    for _ in range(40):
        next(given)

    said = [pictures.needed.get(timeout=30) for _ in range(3)]

    assert [("t", hash_of(number)) for number in range(32)] in [sorted(some) for some in said]
    assert 10 == len(list(given))


def test_what_was_kept_is_given_up_with_its_request():
    """And no more than that: what was not put, nobody was told of."""
    pictures = NotedPictures()
    vault = NotedVault()
    keeping = Keeping(vault, pictures, "t")
    given = keeping.until_all_are_kept(added(keeping, 100))
    for _ in range(40):
        next(given)
    given.close()

    keeping.give_up()

    assert [("t", hash_of(number)) for number in range(32)] == sorted(pictures.given_up)


@pytest.mark.parametrize(
    ("code", "is_noted"),
    [("storage_full", True), ("storage_unavailable", True), ("store_unavailable", False)],
)
def test_what_was_noted_is_given_up_though_it_was_not_kept(code, is_noted):
    """And nothing that was not: another request may have noted the same picture."""

    class Refusing:
        def put_all(self, _):
            raise BusyError("on purpose", code=code)

    pictures = NotedPictures()
    keeping = Keeping(Refusing(), pictures, "t")
    with pytest.raises(BusyError):
        list(keeping.until_all_are_kept(added(keeping, 3)))

    keeping.give_up()
    keeping.give_up()

    noted = [("t", hash_of(number)) for number in range(3)]
    assert (noted if is_noted else []) == sorted(pictures.given_up)


def test_a_store_that_is_away_does_not_hide_why_something_is_given_up():
    pictures = NotedPictures()
    pictures.is_away = True

    Keeping(NotedVault(), pictures, "t").give_up()

    assert [] == pictures.given_up
