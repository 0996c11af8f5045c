"""A rotation: the newest master key wraps every key of a picture, and the older ones may go."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from kept_pictures import sha256
from studio_detector.errors import ConfigError
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.store import open_store
from studio_detector.service.store.data_keys import DataKeys
from studio_detector.service.vault.encrypted_blobs import EncryptedBlobs
from studio_detector.service.vault.key_wrapper import LocalKey
from studio_detector.service.vault.master_keys import MasterKeys
from studio_detector.service.vault.rewrap import rewrap

OLDEST, OLD, NEW = (LocalKey(bytes([byte]) * 32) for byte in (1, 2, 3))


@pytest.fixture(scope="module")
def empty_tables(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path, empty_tables):
    shutil.copyfile(empty_tables, tmp_path / "studio.db")
    store = open_store(f"sqlite:///{tmp_path}/studio.db")
    yield store
    store.close()


@pytest.fixture
def blobs(tmp_path, store):
    """Pictures under master keys."""
    return lambda *keys: EncryptedBlobs(
        FolderBlobs(tmp_path / "pictures"), MasterKeys(keys), store.data_keys
    )


def put(blobs, *numbers):
    for number in numbers:
        data = f"picture {number}".encode()
        blobs.put(blob_key("default", sha256(data)), data)


def got(blobs, *numbers):
    return [
        blobs.get(blob_key("default", sha256(f"picture {number}".encode()))).decode()
        for number in numbers
    ]


def test_after_it_the_older_keys_may_go(store, blobs, tmp_path):
    """And until then they open what they wrapped."""
    put(blobs(OLDEST), 1)
    put(blobs(OLD), 2, 3)
    put(blobs(NEW), 4)
    rotating = blobs(NEW, OLD, OLDEST)
    assert [f"picture {n}" for n in range(1, 5)] == got(rotating, 1, 2, 3, 4)
    files = {path: path.read_bytes() for path in tmp_path.glob("pictures/default/*/*")}

    counts = rewrap(store.data_keys, MasterKeys((NEW, OLD, OLDEST)))

    assert (3, 1, {}, 0) == (counts.rewrapped, counts.current, counts.missing, counts.damaged)
    assert {NEW.key_id: 4} == store.data_keys.counts()
    assert [f"picture {n}" for n in range(1, 5)] == got(blobs(NEW), 1, 2, 3, 4)
    assert files == {path: path.read_bytes() for path in tmp_path.glob("pictures/default/*/*")}
    with pytest.raises(ConfigError):
        got(blobs(OLD), 2)


def test_a_trial_changes_nothing(store, blobs):
    """And counts the same."""
    put(blobs(OLD), 1, 2)

    counts = rewrap(store.data_keys, MasterKeys((NEW, OLD)), is_trial=True)

    assert (2, 0) == (counts.rewrapped, counts.current)
    assert {OLD.key_id: 2} == store.data_keys.counts()


def test_what_no_key_opens_is_counted_by_master_key_and_left(store, blobs):
    """The rest is done all the same."""
    put(blobs(OLDEST), 1, 2)
    put(blobs(OLD), 3)

    counts = rewrap(store.data_keys, MasterKeys((NEW, OLD)))

    assert (1, {OLDEST.key_id: 2}) == (counts.rewrapped, counts.missing)
    assert ["picture 1", "picture 2"] == got(blobs(NEW, OLDEST), 1, 2)


def test_damaged_keys_are_counted_and_left(store, blobs):
    """Nobody can mend them."""
    put(blobs(OLD), 1, 2)
    first, _ = store.data_keys.wrapped_by(OLD.key_id)
    store.data_keys.rewrap({first: replace(first, wrapped="AAAA")})

    counts = rewrap(store.data_keys, MasterKeys((NEW, OLD)))

    assert (1, 1) == (counts.rewrapped, counts.damaged)


def test_it_goes_on_where_it_was_broken_off(store, blobs, monkeypatch):
    """Parts are done for good."""
    put(blobs(OLD), *range(450))
    parts = []
    change = DataKeys.rewrap

    def fails_at_the_second(self, changes):
        if parts:
            raise ZeroDivisionError
        parts.append(change(self, changes))
        return parts[-1]

    with monkeypatch.context() as patched:
        patched.setattr(DataKeys, "rewrap", fails_at_the_second)
        with pytest.raises(ZeroDivisionError):
            rewrap(store.data_keys, MasterKeys((NEW, OLD)))

    assert 0 < parts[0] < 450
    counts = rewrap(store.data_keys, MasterKeys((NEW, OLD)))
    assert (450 - parts[0], parts[0]) == (counts.rewrapped, counts.current)
    assert [f"picture {n}" for n in range(450)] == got(blobs(NEW), *range(450))


def test_without_pictures_there_is_nothing_to_do(store):
    """As in most services, which keep none."""
    counts = rewrap(store.data_keys, MasterKeys((NEW,)))

    assert (0, 0, {}, 0) == (counts.rewrapped, counts.current, counts.missing, counts.damaged)
