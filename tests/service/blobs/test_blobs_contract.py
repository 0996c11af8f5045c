"""What every place for pictures does alike."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest

from studio_detector.errors import RequestError
from studio_detector.service.blobs import FolderBlobs, S3Blobs, blob_key
from studio_detector.service.vault.at_hand import AtHand
from studio_detector.service.vault.encrypted_blobs import EncryptedBlobs
from studio_detector.service.vault.key_wrapper import LocalKey
from studio_detector.service.vault.master_keys import MasterKeys
from studio_detector.service.vault.plain_blobs import PlainBlobs

PICTURE = b"\xff\xd8\xff" + b"picture" * 1000


def _key(data=PICTURE, tenant="default"):
    return blob_key(tenant, hashlib.sha256(data).hexdigest())


class BlobsContract:
    """Run on each implementation; a subclass gives the fixture `blobs`."""

    def test_what_was_put_is_got(self, blobs):
        """To the byte, the empty picture too."""
        for data in (PICTURE, b"", bytes(range(256)) * 50_000):
            blobs.put(_key(data), data)

            assert data == blobs.get(_key(data))
            assert blobs.exists(_key(data))

    def test_putting_twice_is_like_putting_once(self, blobs):
        """The same key has the same bytes."""
        blobs.put(_key(), PICTURE)
        blobs.put(_key(), PICTURE)

        assert PICTURE == blobs.get(_key())

    def test_a_picture_that_is_not_there_is_gone(self, blobs):
        """With the code that tells people to send it again."""
        assert not blobs.exists(_key())
        with pytest.raises(RequestError) as caught:
            blobs.get(_key())

        assert "picture_gone" == caught.value.code
        assert _key().partition("/")[2] in caught.value.message

    def test_a_deleted_picture_is_gone_and_deleting_again_is_no_error(self, blobs):
        """Two sweepers may meet."""
        blobs.put(_key(), PICTURE)

        blobs.delete(_key())
        blobs.delete(_key())

        assert not blobs.exists(_key())

    def test_tenants_do_not_see_each_other(self, blobs):
        """Not even with the same picture."""
        blobs.put(_key(tenant="one"), PICTURE)

        assert not blobs.exists(_key(tenant="other"))
        blobs.put(_key(tenant="other"), PICTURE)
        blobs.delete(_key(tenant="one"))
        assert PICTURE == blobs.get(_key(tenant="other"))

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "default",
            f"default/{'a' * 63}",
            f"default/{'A' * 64}",
            f"../{'a' * 64}",
            f"./{'a' * 64}",
            f".incoming/{'a' * 64}",
            f"a/b/{'a' * 64}",
            f"/{'a' * 64}",
            f"default/../{'a' * 64}",
            f"default/{'a' * 64}\n",
            f"d\0efault/{'a' * 64}",
            f"{'x' * 65}/{'a' * 64}",
        ],
    )
    @pytest.mark.parametrize("call", ["get", "exists", "delete", "put"])
    def test_no_key_leads_out_of_the_place(self, blobs, key, call):
        """What is no key is refused before anything is touched."""
        arguments = (key, PICTURE) if call == "put" else (key,)

        with pytest.raises(RequestError, match="names no picture") as caught:
            getattr(blobs, call)(*arguments)

        assert "request_invalid" == caught.value.code

    def test_pictures_older_than_a_moment_are_found(self, blobs):
        """For the sweeper: all of them, and only pictures."""
        keys = {_key(bytes([n]), tenant=f"t{n % 3}") for n in range(20)}
        for n in range(20):
            blobs.put(_key(bytes([n]), tenant=f"t{n % 3}"), bytes([n]))
        now = datetime.now(UTC)

        assert keys == set(blobs.older_than(now + timedelta(minutes=1)))
        assert [] == list(blobs.older_than(now - timedelta(minutes=1)))

    def test_many_threads_may_put_the_same_picture_at_once(self, blobs):
        """Whoever reads meanwhile sees all of it or nothing."""
        seen = []
        start = threading.Barrier(8)

        def work():
            start.wait()
            for _ in range(5):
                blobs.put(_key(), PICTURE)
                seen.append(blobs.get(_key()) == PICTURE)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [True] * 40 == seen

    def test_what_is_kept_stays_when_it_is_tidied(self, blobs):
        """Only what was held for later pictures goes."""
        for data in (b"kept", b"gone"):
            blobs.put(_key(data), data)
        blobs.delete(_key(b"gone"))

        blobs.tidy()
        blobs.tidy()

        assert b"kept" == blobs.get(_key(b"kept"))
        assert not blobs.exists(_key(b"gone"))

    def test_a_place_that_can_be_reached_says_nothing(self, blobs):
        """Silence is good news."""
        assert blobs.ping() is None


class VaultContract(BlobsContract):
    """What the service's own places can do beyond that."""

    def test_many_are_put_as_one_is(self, blobs):
        """Those that were there already, too."""
        pictures = {_key(data): data for data in (b"%d" % n for n in range(40))}
        blobs.put(*next(iter(pictures.items())))

        blobs.put_all(pictures)
        blobs.put_all({})

        assert pictures == {key: blobs.get(key) for key in pictures}

    def test_what_is_not_what_was_put_is_not_given(self, blobs, damage):
        """Somebody wrote to the place, or the power failed."""
        blobs.put_all({_key(PICTURE): PICTURE})
        damage()

        with pytest.raises(RequestError) as caught:
            blobs.get(_key(PICTURE))

        assert "picture_damaged" == caught.value.code

    @pytest.fixture
    def damage(self, tmp_path):
        """Change the last byte of all that is kept in the folder."""

        def change():
            for path in tmp_path.glob("pictures/*/??/*"):
                data = path.read_bytes()
                path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

        return change


class TestFolderBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path):
        return FolderBlobs(tmp_path / "pictures")


class TestS3Blobs(BlobsContract):
    @pytest.fixture
    def blobs(self, s3_endpoint, bucket):
        return S3Blobs(f"s3://{bucket}/some/prefix", endpoint=s3_endpoint)


class TestPlainBlobs(VaultContract):
    @pytest.fixture
    def blobs(self, tmp_path, store):
        return PlainBlobs(FolderBlobs(tmp_path / "pictures"), store.pictures)


class TestEncryptedFolderBlobs(VaultContract):
    @pytest.fixture
    def blobs(self, tmp_path, store):
        masters = MasterKeys((LocalKey(b"m" * 32),))
        return EncryptedBlobs(FolderBlobs(tmp_path / "pictures"), masters, store.data_keys)


class TestEncryptedS3Blobs(VaultContract):
    @pytest.fixture
    def damage(self, s3_endpoint, bucket):
        def change():
            inner = S3Blobs(f"s3://{bucket}/some/prefix", endpoint=s3_endpoint)
            for key in inner.older_than(datetime.now(UTC) + timedelta(days=1)):
                inner.put(key, b"?" * len(inner.get(key)))

        return change

    @pytest.fixture
    def blobs(self, s3_endpoint, bucket, store):
        inner = S3Blobs(f"s3://{bucket}/some/prefix", endpoint=s3_endpoint)
        return EncryptedBlobs(inner, MasterKeys((LocalKey(b"m" * 32),)), store.data_keys)


class TestAtHand(VaultContract):
    @pytest.fixture
    def blobs(self, tmp_path, store):
        masters = MasterKeys((LocalKey(b"m" * 32),))
        inner = FolderBlobs(tmp_path / "pictures")
        return AtHand(EncryptedBlobs(inner, masters, store.data_keys))
