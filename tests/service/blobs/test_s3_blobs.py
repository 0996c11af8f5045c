"""Pictures in a bucket: other stores, failures, secrets."""

from __future__ import annotations

import hashlib
import socket
from datetime import UTC, datetime

import pytest

from studio_detector.errors import BusyError, ConfigError
from studio_detector.service.blobs import S3Blobs, blob_key, open_blobs
from studio_detector.service.settings import ServiceSettings

KEY = blob_key("default", hashlib.sha256(b"x").hexdigest())


@pytest.fixture
def closed_port():
    """A port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_pictures_lie_under_the_prefix_and_nowhere_else(s3_endpoint, bucket, s3_client, tmp_path):
    """So a bucket can be shared; what others keep there is neither listed nor touched."""
    s3_client.put_object(Bucket=bucket, Key="other/thing", Body=b"1")
    s3_client.put_object(Bucket=bucket, Key="ours/thing", Body=b"1")
    settings = ServiceSettings(blobs_url=f"s3://{bucket}/ours", blobs_endpoint=s3_endpoint)
    blobs = open_blobs(settings, tmp_path)

    blobs.put(KEY, b"x")

    listed = s3_client.list_objects_v2(Bucket=bucket)["Contents"]
    assert {"other/thing", "ours/thing", f"ours/{KEY}"} == {item["Key"] for item in listed}
    later = datetime(2100, 1, 1, tzinfo=UTC)
    assert [KEY] == list(blobs.older_than(later))
    assert [] == list(tmp_path.iterdir())


def test_a_bucket_that_is_not_there_is_no_gone_picture(s3_endpoint, credentials):
    """A wrong setting must not kill jobs for good."""
    blobs = S3Blobs("s3://nowhere-at-all", endpoint=s3_endpoint)

    for call in (
        lambda: blobs.get(KEY),
        lambda: blobs.exists(KEY),
        lambda: blobs.put(KEY, b"x"),
        lambda: list(blobs.older_than(datetime.now(UTC))),
        blobs.ping,
    ):
        with pytest.raises(BusyError) as caught:
            call()
        assert "storage_unavailable" == caught.value.code


def test_a_store_that_is_away_is_said_within_seconds(closed_port, credentials):
    """And no address or credential with it."""
    blobs = S3Blobs("s3://bucket", endpoint=f"http://127.0.0.1:{closed_port}")

    for call in (lambda: blobs.get(KEY), lambda: blobs.put(KEY, b"x"), blobs.ping):
        with pytest.raises(BusyError) as caught:
            call()
        assert "storage_unavailable" == caught.value.code
        assert str(closed_port) not in caught.value.message


def test_a_store_without_room_is_a_full_disk(httpserver, credentials):
    """As Minio says it."""
    httpserver.expect_request(f"/bucket/{KEY}", method="PUT").respond_with_data(
        "<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>", status=507
    )

    with pytest.raises(BusyError, match="no room") as caught:
        S3Blobs("s3://bucket", endpoint=httpserver.url_for("")).put(KEY, b"x")

    assert "storage_full" == caught.value.code


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///prefix", "http://bucket", "bucket", "s3://key:secret@bucket"]
)
def test_what_names_no_bucket_is_refused_without_being_repeated(url):
    """It may hold a secret."""
    with pytest.raises(ConfigError, match="s3://bucket/prefix") as caught:
        S3Blobs(url)

    assert "config_invalid_value" == caught.value.code
    assert "secret@" not in caught.value.message
