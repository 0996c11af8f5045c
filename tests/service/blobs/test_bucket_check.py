"""A bucket is checked by a picture of chance that does not stay."""

from __future__ import annotations

import pytest

from studio_detector.errors import BusyError
from studio_detector.service.blobs.s3 import S3Blobs
from studio_detector.service.checks.pictures import check_pictures
from studio_detector.service.settings import ServiceSettings


def test_one_is_put_read_and_deleted(bucket, s3_client, s3_endpoint, tmp_path):
    settings = ServiceSettings(blobs_url=f"s3://{bucket}/below", blobs_endpoint=s3_endpoint)

    assert "ok" == check_pictures(settings, tmp_path).state
    assert 0 == s3_client.list_objects_v2(Bucket=bucket)["KeyCount"]
    assert [] == list(tmp_path.iterdir())


def test_a_bucket_that_is_not_there_is_none(bucket, s3_endpoint, tmp_path):
    settings = ServiceSettings(blobs_url=f"s3://{bucket}-not", blobs_endpoint=s3_endpoint)

    with pytest.raises(BusyError):
        check_pictures(settings, tmp_path)


def test_one_that_gives_something_else_fails(bucket, s3_endpoint, tmp_path, monkeypatch):
    settings = ServiceSettings(blobs_url=f"s3://{bucket}", blobs_endpoint=s3_endpoint)
    monkeypatch.setattr(S3Blobs, "get", lambda *_: b"something else")

    assert "failed" == check_pictures(settings, tmp_path).state


def test_one_that_deletes_nothing_fails(bucket, s3_endpoint, tmp_path, monkeypatch):
    settings = ServiceSettings(blobs_url=f"s3://{bucket}", blobs_endpoint=s3_endpoint)
    monkeypatch.setattr(S3Blobs, "delete", lambda *_: None)

    assert "keeps what is deleted" in check_pictures(settings, tmp_path).text
