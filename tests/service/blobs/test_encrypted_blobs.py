"""Pictures that the place they lie in cannot read, and that are gone with their key."""

from __future__ import annotations

import base64
import hashlib
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from service.store.store_examples import at_once
from studio_detector.errors import BusyError, ConfigError, RequestError
from studio_detector.service.blobs import FolderBlobs, blob_key
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store.tables import data_keys
from studio_detector.service.vault import encrypted_blobs
from studio_detector.service.vault.encrypted_blobs import EncryptedBlobs
from studio_detector.service.vault.envelope import OVERHEAD_BYTES
from studio_detector.service.vault.key_wrapper import LocalKey
from studio_detector.service.vault.master_keys import MasterKeys
from studio_detector.service.vault.open import open_vault

SCRIPT = Path(__file__).with_name("putting_process.py")
MARKER = b"a marker that nobody else writes"
PICTURE = b"\xff\xd8\xff" + MARKER * 200
OLD, NEW = LocalKey(b"o" * 32), LocalKey(b"n" * 32)


def key_of(data=PICTURE, tenant="default"):
    return blob_key(tenant, hashlib.sha256(data).hexdigest())


def code_of(caught):
    return caught.value.code


@pytest.fixture
def inner(tmp_path):
    return FolderBlobs(tmp_path / "pictures")


@pytest.fixture
def blobs(inner, store):
    return EncryptedBlobs(inner, MasterKeys((NEW,)), store.data_keys)


@pytest.fixture
def files(tmp_path):
    """The files that pictures lie in."""
    return lambda: sorted(tmp_path.glob("pictures/*/??/*"))


class Between:
    """Does something once in the middle of a putting: when its key is taken and no byte written."""

    def __init__(self, inner, act):
        self._inner = inner
        self._acts = [act]

    def put(self, key, data):
        while self._acts:
            self._acts.pop()()
        self._inner.put(key, data)

    def __getattr__(self, name):
        return getattr(self._inner, name)


class TestAtRest:
    def test_neither_bytes_nor_names_tell_of_the_picture(self, blobs, files, tmp_path):
        """Not in the place of pictures, and not in the database."""
        blobs.put(key_of(), PICTURE)

        (file,) = files()
        assert MARKER not in file.read_bytes()
        assert len(PICTURE) + OVERHEAD_BYTES == file.stat().st_size
        assert hashlib.sha256(PICTURE).hexdigest() not in str(file)
        assert not [path for path in tmp_path.glob("studio.db*") if MARKER in path.read_bytes()]

    def test_equal_pictures_of_two_tenants_look_unlike(self, blobs, files):
        """Whoever sees the place cannot tell that they have the same one."""
        for tenant in ("one", "other"):
            blobs.put(key_of(tenant=tenant), PICTURE)

        first, second = files()
        assert first.name != second.name
        assert first.read_bytes() != second.read_bytes()

    def test_no_key_lies_in_the_database_as_it_is(self, blobs, store, tmp_path, monkeypatch):
        """Only wrapped by the master key."""
        known = b"0123456789abcdef0123456789ABCDEF"
        chance = SimpleNamespace(token_bytes=lambda _: known, token_hex=secrets.token_hex)
        monkeypatch.setattr(encrypted_blobs, "secrets", chance)
        blobs.put(key_of(), PICTURE)
        store.close()

        for path in tmp_path.glob("studio.db*"):
            for form in (known, known.hex().encode(), base64.b64encode(known)):
                assert form not in path.read_bytes()


class TestShredding:
    def test_without_its_key_a_copy_of_the_bytes_is_noise(self, blobs, files):
        """As a backup of the place holds one."""
        blobs.put(key_of(), PICTURE)
        (file,) = files()
        copy = file.read_bytes()

        blobs.delete(key_of())
        file.write_bytes(copy)

        with pytest.raises(RequestError) as caught:
            blobs.get(key_of())
        assert "picture_gone" == code_of(caught)
        assert not blobs.exists(key_of())
        blobs.put(key_of(), PICTURE)
        (again,) = set(files()) - {file}
        again.write_bytes(copy)
        with pytest.raises(RequestError) as caught:
            blobs.get(key_of())
        assert "picture_damaged" == code_of(caught)

    def test_pictures_that_are_looked_up_are_given_as_each_by_itself_is(self, blobs):
        others = [PICTURE + bytes([n]) for n in range(3)]
        blobs.put_all({key_of(data): data for data in others})
        blobs.put(key_of(tenant="other"), PICTURE)

        found = blobs.find([key_of(tenant="other"), key_of(), *map(key_of, others)])

        assert {key_of(data): data for data in others} | {key_of(tenant="other"): PICTURE} == {
            key: give() for key, give in found.items()
        }

    def test_a_picture_that_was_deleted_since_it_was_looked_up_is_gone(self, blobs):
        """Also where it was put again by now, under a key that nobody looked up."""
        blobs.put(key_of(), PICTURE)
        give = blobs.find([key_of()])[key_of()]
        blobs.delete(key_of())
        blobs.put(key_of(), PICTURE)

        with pytest.raises(RequestError) as caught:
            give()

        assert code_of(caught) == "picture_gone"
        assert blobs.get(key_of()) == PICTURE

    def test_the_key_goes_before_the_bytes(self, inner, store, monkeypatch):
        """Whatever goes wrong in between, nobody can read it."""
        blobs = EncryptedBlobs(inner, MasterKeys((NEW,)), store.data_keys)
        blobs.put(key_of(), PICTURE)

        def away(*_):
            raise BusyError("away", code="storage_unavailable")

        with monkeypatch.context() as patched:
            patched.setattr(FolderBlobs, "delete", away)
            with pytest.raises(BusyError):
                blobs.delete(key_of())

        assert {} == store.data_keys.counts()
        with pytest.raises(RequestError) as caught:
            blobs.get(key_of())
        assert "picture_gone" == code_of(caught)

    def test_what_was_left_without_a_key_is_found_and_deleted(self, blobs, store, files):
        """Under the name it lies under; and what has a key, under that of the picture."""
        others = [f"picture {n}".encode() for n in range(3)]
        for data in (PICTURE, *others):
            blobs.put(key_of(data), data)
        name = store.data_keys.get("default", key_of().partition("/")[2]).blob
        store.data_keys.shred("default", key_of().partition("/")[2], lambda _: None)

        later = datetime.now(UTC) + timedelta(minutes=1)
        assert {f"default/{name}", *map(key_of, others)} == set(blobs.older_than(later))
        blobs.delete(f"default/{name}")
        assert 3 == len(files())
        assert others == [blobs.get(key_of(data)) for data in others]

    def test_what_lies_under_another_tenant_is_not_taken_for_anothers_picture(
        self, blobs, inner, store
    ):
        """Somebody copied it there."""
        blobs.put(key_of(), PICTURE)
        name = store.data_keys.get("default", key_of().partition("/")[2]).blob
        inner.put(f"stranger/{name}", b"x")

        later = datetime.now(UTC) + timedelta(minutes=1)
        assert {key_of(), f"stranger/{name}"} == set(blobs.older_than(later))

    def test_a_picture_that_was_kept_before_encryption_is_gone(self, blobs, inner, files):
        """Were it read, whoever can write to the place could show us anything."""
        inner.put(key_of(), PICTURE)

        assert not blobs.exists(key_of())
        with pytest.raises(RequestError) as caught:
            blobs.get(key_of())
        assert "picture_gone" == code_of(caught)
        blobs.delete(key_of())
        assert [] == files()


class TestDamage:
    def test_bytes_of_another_picture_are_never_given(self, blobs, files):
        """Both are of the same tenant and under the same master key."""
        for data in (PICTURE, PICTURE[::-1]):
            blobs.put(key_of(data), data)
        first, second = (path.read_bytes() for path in files())
        files()[0].write_bytes(second)
        files()[1].write_bytes(first)

        for data in (PICTURE, PICTURE[::-1]):
            with pytest.raises(RequestError, match="not what was put there") as caught:
                blobs.get(key_of(data))
            assert "picture_damaged" == code_of(caught)

    def test_rows_of_another_picture_open_nothing(self, blobs, store):
        """Whoever can write to the database, and has no master key, shows nobody another's."""
        for tenant in ("one", "other"):
            blobs.put(key_of(tenant=tenant), PICTURE)
        image_hash = key_of().partition("/")[2]
        row = store.data_keys.get("one", image_hash)
        kept = blobs._inner.get(f"one/{row.blob}")
        blobs._inner.put(f"other/{row.blob}", kept)
        change = data_keys.update().values(wrapped=row.wrapped, blob=row.blob)
        store._db.write(lambda tx: tx.execute(change.where(data_keys.c.tenant == "other")))

        assert PICTURE == blobs.get(key_of(tenant="one"))
        with pytest.raises(RequestError) as caught:
            blobs.get(key_of(tenant="other"))
        assert "picture_damaged" == code_of(caught)

    def test_a_damaged_row_is_mended_when_the_picture_comes_again(self, blobs, store):
        """The picture is in hand."""
        blobs.put(key_of(), PICTURE)
        store._db.write(lambda tx: tx.execute(data_keys.update().values(wrapped="AAAA")))
        with pytest.raises(RequestError) as caught:
            blobs.get(key_of())
        assert "picture_damaged" == code_of(caught)

        blobs.put(key_of(), PICTURE)

        assert PICTURE == blobs.get(key_of())

    def test_without_its_master_key_a_picture_is_neither_read_nor_replaced(
        self, blobs, inner, store
    ):
        """Others have the key maybe; the message says which is missing."""
        EncryptedBlobs(inner, MasterKeys((OLD,)), store.data_keys).put(key_of(), PICTURE)

        for call in (lambda: blobs.get(key_of()), lambda: blobs.put(key_of(), PICTURE)):
            with pytest.raises(ConfigError, match=OLD.key_id) as caught:
                call()
            assert "master_key_missing" == code_of(caught)
        both = EncryptedBlobs(inner, MasterKeys((NEW, OLD)), store.data_keys)
        assert PICTURE == both.get(key_of())


class TestAtOnce:
    def test_whoever_comes_second_uses_the_first_ones_key(self, inner, store, files):
        """The second is done before the first has written a byte."""
        masters = MasterKeys((NEW,))
        second = EncryptedBlobs(inner, masters, store.data_keys)
        first = EncryptedBlobs(
            Between(inner, lambda: second.put(key_of(), PICTURE)), masters, store.data_keys
        )

        first.put(key_of(), PICTURE)

        assert 1 == len(files())
        assert PICTURE == first.get(key_of()) == second.get(key_of())

    def test_a_late_writer_spoils_nothing_that_was_put_after_a_deletion(self, inner, store, files):
        """Deleted and put again by others between its taking the key and its writing."""
        masters = MasterKeys((NEW,))
        other = EncryptedBlobs(inner, masters, store.data_keys)

        def meanwhile():
            other.delete(key_of())
            other.put(key_of(), PICTURE)

        EncryptedBlobs(Between(inner, meanwhile), masters, store.data_keys).put(key_of(), PICTURE)

        assert PICTURE == other.get(key_of())
        assert 2 == len(files())  # one has no key, and is swept

    def test_a_deletion_in_the_middle_leaves_nothing_that_can_be_read(self, inner, store):
        """Whoever erases wins."""
        masters = MasterKeys((NEW,))
        other = EncryptedBlobs(inner, masters, store.data_keys)

        EncryptedBlobs(
            Between(inner, lambda: other.delete(key_of())), masters, store.data_keys
        ).put(key_of(), PICTURE)

        assert not other.exists(key_of())

    def test_threads_that_put_and_delete_never_meet_damage(self, blobs):
        """It is whole or gone."""
        found = []

        def work(number):
            for _ in range(20):
                blobs.put(key_of(), PICTURE)
                try:
                    found.append(blobs.get(key_of()) == PICTURE)
                except RequestError as error:
                    found.append(error.code)
                if number % 2:
                    blobs.delete(key_of())

        assert [None] * 6 == at_once(6, work)
        assert True in found
        assert {True, "picture_gone"} >= set(found)
        blobs.put(key_of(), PICTURE)
        assert PICTURE == blobs.get(key_of())

    @pytest.mark.usefixtures("store")
    def test_so_it_is_with_processes(self, tmp_path):
        """Which also make the master key at the same moment."""
        start = tmp_path / "start"
        command = [sys.executable, str(SCRIPT), str(tmp_path), str(start), "60"]
        putting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        for process in putting:
            assert "ready\n" == process.stdout.readline()
        start.touch()
        said = [process.communicate(timeout=120)[0].split() for process in putting]

        assert [0, 0] == [process.returncode for process in putting]
        assert [60, 60] == [int(whole) + int(gone) for whole, gone in said]
        assert all(int(whole) for whole, _ in said)


def test_encryption_may_be_turned_off(tmp_path, store, files):
    """Where the disk does it, for instance."""
    settings = ServiceSettings(encrypt_pictures=False)
    blobs = open_vault(settings, tmp_path, FolderBlobs(tmp_path / "pictures"), store)

    blobs.put(key_of(), PICTURE)

    (file,) = files()
    assert PICTURE == file.read_bytes() == blobs.get(key_of())
    assert not (tmp_path / "master_key").exists()


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_picture_that_was_put_is_needed_until_its_job_comes(tmp_path, store, is_encrypted):
    """Nobody throws it away in between, though no job wants it yet."""
    settings = ServiceSettings(encrypt_pictures=is_encrypted)
    blobs = open_vault(settings, tmp_path, FolderBlobs(tmp_path / "pictures"), store)

    blobs.put(key_of(), PICTURE)

    soon = store.clock() + timedelta(seconds=1)
    assert [] == store.pictures.unneeded(soon)
    assert {("default", key_of().partition("/")[2])} == store.pictures.known(
        [("default", key_of().partition("/")[2])]
    )
