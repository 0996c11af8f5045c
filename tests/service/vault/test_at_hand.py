"""Pictures that were just sent are given from memory, once; nothing else hangs on that."""

from __future__ import annotations

import hashlib

import pytest

from studio_detector.errors import BusyError, RequestError
from studio_detector.service.blobs import blob_key
from studio_detector.service.vault.at_hand import AtHand


def named(data):
    """Key -> picture."""
    return {blob_key("default", hashlib.sha256(data).hexdigest()): data}


def key_of(data):
    (key,) = named(data)
    return key


class Inner:
    """A vault in memory; notes what it is asked for, and is away when told to."""

    def __init__(self):
        self.when_put = lambda: None
        self.kept = {}
        self.asked = []
        self.is_away = False

    def put(self, key, data):
        if self.is_away:
            raise BusyError("away", code="storage_unavailable")
        self.kept[key] = bytes(data)
        self.when_put()

    def put_all(self, pictures):
        self.kept.update(pictures)

    def get(self, key):
        self.asked.append(key)
        if key not in self.kept:
            raise RequestError("gone", code="picture_gone")
        return self.kept[key]

    def find(self, keys):
        self.asked.append(tuple(keys))
        return {key: (lambda key=key: self.kept[key]) for key in keys if key in self.kept}

    def delete(self, key):
        if self.is_away:
            raise BusyError("away", code="storage_unavailable")
        self.kept.pop(key, None)

    def tidy(self):
        self.asked.append("tidy")

    def close(self):
        self.asked.append("close")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def inner():
    return Inner()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vault(inner, clock):
    return AtHand(inner, most_bytes=100, monotonic=clock)


def test_a_picture_is_given_from_memory_once(vault, inner):
    """And then from where it is kept, as for another try."""
    vault.put(key_of(b"a"), b"a")

    assert b"a" == vault.get(key_of(b"a"))
    assert [] == inner.asked
    assert b"a" == vault.get(key_of(b"a"))
    assert [key_of(b"a")] == inner.asked


def test_some_are_found_and_only_the_others_looked_up(vault, inner):
    """What is found is given as `get` gives it, however often."""
    vault.put(key_of(b"a"), b"a")
    vault.put_all(named(b"b"))

    found = vault.find([key_of(b"a"), key_of(b"b"), key_of(b"nowhere")])

    assert {key_of(b"a"): b"a", key_of(b"b"): b"b"} == {key: give() for key, give in found.items()}
    assert [(key_of(b"b"), key_of(b"nowhere"))] == inner.asked
    assert b"a" == found[key_of(b"a")]()
    vault.put(key_of(b"a"), b"a")
    inner.asked.clear()
    assert [key_of(b"a")] == list(vault.find([key_of(b"a")]))
    assert [] == inner.asked


def test_what_was_deleted_is_not_at_hand(vault, inner):
    """Nor where the place of pictures was away, and it is deleted there later."""
    for data in (b"a", b"b"):
        vault.put(key_of(data), data)
    vault.delete(key_of(b"a"))
    inner.is_away = True
    with pytest.raises(BusyError):
        vault.delete(key_of(b"b"))

    with pytest.raises(RequestError, match="gone"):
        vault.get(key_of(b"a"))
    assert b"b" == vault.get(key_of(b"b"))
    assert [key_of(b"a"), key_of(b"b")] == inner.asked


def test_what_is_deleted_while_it_is_put_is_not_at_hand(vault, inner):
    """Or whoever erases a picture would find it again in a verdict."""
    inner.when_put = lambda: vault.delete(key_of(b"a"))
    vault.put(key_of(b"a"), b"a")

    with pytest.raises(RequestError, match="gone"):
        vault.get(key_of(b"a"))


def test_what_could_not_be_kept_is_not_at_hand(vault, inner):
    """Or a verdict would come of what the next try cannot find."""
    inner.is_away = True
    with pytest.raises(BusyError):
        vault.put(key_of(b"a"), b"a")

    with pytest.raises(RequestError, match="gone"):
        vault.get(key_of(b"a"))


def test_so_many_bytes_are_held_and_no_more(vault, inner):
    """Those that came last; one that is larger than that costs the others nothing."""
    pictures = [bytes([n]) * 40 for n in range(3)]
    for data in (*pictures, pictures[2], b"x" * 101):
        vault.put(key_of(data), data)

    assert pictures == [vault.get(key_of(data)) for data in pictures]
    assert [key_of(pictures[0])] == inner.asked


def test_room_is_counted_by_what_is_held(vault, inner):
    """However often pictures come, are asked for, and are deleted."""
    for n in range(50):
        data = bytes([n]) * 50
        vault.put(key_of(data), data)
        vault.put(key_of(data), data)
        (vault.get if n % 2 else vault.delete)(key_of(data))
    inner.asked.clear()
    pictures = [bytes([n]) * 50 for n in (100, 101)]
    for data in pictures:
        vault.put(key_of(data), data)

    assert pictures == [vault.get(key_of(data)) for data in pictures]
    assert [] == inner.asked


def test_nobody_asks_for_a_minute_and_it_is_let_go_of(vault, inner, clock):
    """A picture that waits behind many others, say."""
    vault.put(key_of(b"old"), b"old")
    clock.now = 30.0
    vault.put(key_of(b"new"), b"new")
    clock.now = 61.0

    vault.tidy()

    assert ["tidy"] == inner.asked
    assert b"new" == vault.get(key_of(b"new"))
    assert b"old" == vault.get(key_of(b"old"))
    assert ["tidy", key_of(b"old")] == inner.asked


@pytest.mark.parametrize("ask", ["get", "find"])
def test_what_was_put_long_ago_is_not_given_from_memory(vault, inner, clock, ask):
    """Even where nobody has tidied."""
    vault.put(key_of(b"old"), b"old")
    clock.now = 60.0

    if ask == "get":
        assert b"old" == vault.get(key_of(b"old"))
    else:
        assert b"old" == vault.find([key_of(b"old")])[key_of(b"old")]()
    assert 1 == len(inner.asked)


def test_the_next_picture_takes_the_place_of_old_ones(vault, clock):
    """Where nobody tidies, too."""
    for n in range(3):
        vault.put(key_of(bytes([n])), bytes([n]))
    clock.now = 61.0
    vault.put(key_of(b"new"), b"new")

    assert [key_of(b"new")] == list(vault._held)


def test_nothing_is_held_when_it_is_closed(vault, inner):
    """What is kept stays."""
    vault.put(key_of(b"a"), b"a")

    vault.close()

    assert b"a" == vault.get(key_of(b"a"))
    assert ["close", key_of(b"a")] == inner.asked


def test_what_the_sender_changes_afterwards_is_not_what_is_given(vault):
    """Bytes that may change are copied."""
    data = bytearray(b"a")
    vault.put(key_of(b"a"), data)
    data[:] = b"b"

    assert b"a" == vault.get(key_of(b"a"))
