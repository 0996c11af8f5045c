"""What callers see of pictures that are not kept, or not to be read."""

from __future__ import annotations

import json
import time

import pytest

from api_service import API, picture
from kept_pictures import sha256
from picture_files import picture_files
from studio_detector.service.blobs.base import blob_key


@pytest.fixture
def keeping_none(serve):
    """An app as it is by default."""
    with serve(keep_pictures_s=0.0) as service:
        yield service


def _wait_until(is_so):
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def _kept(folder):
    return picture_files(folder / "pictures")


def test_by_default_nothing_is_left_of_a_picture_once_it_is_answered(keeping_none, tmp_path):
    """Neither bytes nor key; the result is there."""
    result = keeping_none.done()
    _wait_until(lambda: not _kept(tmp_path))

    assert {} == keeping_none.parts.store.data_keys.counts()
    assert 200 == keeping_none.get(f"/results/{result['id']}").status_code
    page = keeping_none.get(f"/results/{result['id']}/report")
    assert (200, True) == (page.status_code, "without picture" in page.text)
    overlay = keeping_none.get(f"/results/{result['id']}/overlays/backdrop.png")
    assert (410, "picture_gone") == (overlay.status_code, overlay.json()["code"])


def test_the_same_picture_may_come_again_and_again(keeping_none, tmp_path):
    """Answered from what is known, and deleted as before."""
    first = keeping_none.done()
    for _ in range(3):
        assert first["id"] == keeping_none.done()["id"]
    assert first["id"] != keeping_none.done(phases="all")["id"]

    _wait_until(lambda: not _kept(tmp_path))


def test_alike_pictures_are_found_without_any_that_is_kept(keeping_none, tmp_path):
    """By the hash that is stored with the result."""
    first = keeping_none.done("good 1")
    _wait_until(lambda: not _kept(tmp_path))

    second = keeping_none.done("good 2", options=json.dumps({"near_duplicates": True}))

    assert first["id"] == second["id"]


def test_a_picture_that_was_changed_where_it_lies_is_not_shown(served, tmp_path):
    """Not by an overlay, and the page comes without it."""
    result = served.done()
    (file,) = _kept(tmp_path)
    changed = bytearray(file.read_bytes())
    changed[40] ^= 1
    file.write_bytes(changed)

    overlay = served.get(f"/results/{result['id']}/overlays/backdrop.png")
    page = served.get(f"/results/{result['id']}/report")

    assert (410, "picture_damaged") == (overlay.status_code, overlay.json()["code"])
    assert (200, True) == (page.status_code, "without picture" in page.text)


def test_pictures_lie_encrypted_while_they_wait(idle, tmp_path):
    """Whoever copies the folder of pictures has nothing."""
    word = "good marker-of-this-test"
    assert 202 == idle.post(word).status_code

    (file,) = _kept(tmp_path)
    assert b"marker-of-this-test" not in file.read_bytes()
    key = blob_key("default", sha256(picture(word)))
    assert picture(word) == idle.parts.blobs.get(key)
    assert idle.http.get(f"{API}/jobs").json()["items"]


def test_a_dead_job_can_be_tried_again_by_default(keeping_none):
    """Its picture is still there, unless it was what the job died of."""
    ends = {}
    for word in ("crashed 1", "corrupt 1"):
        job = keeping_none.post(word).json()["id"]
        keeping_none.get(f"/jobs/{job}", params={"wait": 30})
        assert 200 == keeping_none.http.post(f"{API}/jobs/{job}/retry").status_code
        again = keeping_none.get(f"/jobs/{job}", params={"wait": 30}).json()
        ends[word] = (again["state"], again["error"]["code"])

    assert {"crashed 1": ("dead", "crashed"), "corrupt 1": ("dead", "picture_gone")} == ends
