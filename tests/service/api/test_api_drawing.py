"""What is drawn on a picture that is sent along, thumbnails, and explanations."""

from __future__ import annotations

import pytest

from api_service import API, NOWHERE, PNG, picture
from studio_detector.service.blobs.base import blob_key

_SENT = ("/overlays/backdrop.png", "/report")


@pytest.fixture
def keeping_none(serve):
    """An app as it is by default."""
    with serve(keep_pictures_s=0.0) as service:
        yield service


def post(service, result_id, way, data, kind="image/png"):
    return service.http.post(
        f"{API}/results/{result_id}{way}", content=data, headers={"Content-Type": kind}
    )


def kept(folder):
    return [path for path in folder.glob("**/*") if path.is_file() and "pictures" in path.parts]


class TestSent:
    @pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/octet-stream"])
    def test_an_overlay_is_drawn_on_the_very_picture(self, keeping_none, kind):
        """Though the service keeps none."""
        result = keeping_none.done("good 1")

        answer = post(keeping_none, result["id"], "/overlays/backdrop.png", picture(), kind)

        assert (200, "image/png") == (answer.status_code, answer.headers["Content-Type"])
        assert PNG + b"backdrop" + picture() == answer.content
        assert "no-store" == answer.headers["Cache-Control"]

    def test_a_page_is_made_with_the_very_picture(self, keeping_none):
        """Under the policy of pages."""
        result = keeping_none.done("good 1")

        answer = post(keeping_none, result["id"], "/report", picture())

        assert (200, True) == (answer.status_code, "with picture" in answer.text)
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "no-store" == answer.headers["Cache-Control"]

    @pytest.mark.parametrize("way", _SENT)
    @pytest.mark.parametrize("data", [picture("good 2"), picture()[:-1], b""], ids=len)
    def test_any_other_picture_is_refused(self, served, way, data):
        """Nobody gets a drawing of what was not analysed."""
        result = served.done("good 1")

        answer = post(served, result["id"], way, data)

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])
        assert result["image_hash"][:12] in answer.json()["detail"]

    @pytest.mark.parametrize("way", _SENT)
    def test_nothing_of_it_is_kept(self, keeping_none, tmp_path, way):
        """Neither bytes, nor jobs, nor results."""
        result = keeping_none.done("good 1")
        jobs = keeping_none.get("/jobs").json()
        before = kept(tmp_path)

        for data in (picture(), picture("good 2")):
            post(keeping_none, result["id"], way, data)

        assert jobs == keeping_none.get("/jobs").json()
        assert set(kept(tmp_path)) <= set(before)
        assert 1 == len(keeping_none.get("/results").json()["items"])

    @pytest.mark.parametrize("way", _SENT)
    def test_what_is_no_picture_by_its_kind_is_not_read(self, served, way):
        """The message says what would be taken."""
        result = served.done()

        answer = post(served, result["id"], way, b"{}", "application/json")

        assert (415, "body_unsupported") == (answer.status_code, answer.json()["code"])
        assert "image/*" in answer.json()["detail"]

    @pytest.mark.parametrize("way", _SENT)
    def test_it_may_be_no_larger_than_what_is_analysed(self, serve, way):
        """Announced or not."""
        with serve(max_upload_bytes=1024) as service:
            result = service.done()
            announced = post(service, result["id"], way, bytes(2000))
            unannounced = post(service, result["id"], way, iter([bytes(1000), bytes(1000)]))

        for answer in (announced, unannounced):
            assert (413, "limit_file_size") == (answer.status_code, answer.json()["code"])

    @pytest.mark.parametrize("way", _SENT)
    def test_it_counts_as_an_upload_until_it_is_drawn(self, served, monkeypatch, way):
        """So that however many are sent at once, memory is bounded."""
        result = served.done()
        uploads = served.app.state.room.uploads
        held = []

        def look(*_, **__):
            held.append(uploads._memory.held)
            return b"" if "overlays" in way else ""

        children = served.parts.children
        monkeypatch.setattr(children, "overlay", look)
        monkeypatch.setattr(children, "report_page", look)
        post(served, result["id"], way, picture())

        assert len(picture()) == held[0]
        assert 0 == uploads._memory.held

    @pytest.mark.parametrize("way", _SENT)
    def test_of_no_result_nothing_is_drawn(self, served, way):
        """Whatever is sent."""
        answer = post(served, NOWHERE, way, picture())

        assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])

    def test_an_unknown_overlay_is_said(self, served):
        """As where the picture is kept."""
        answer = post(served, served.done()["id"], "/overlays/nothing.png", picture())

        assert (404, "overlay_unknown") == (answer.status_code, answer.json()["code"])


class TestThumbnail:
    def test_it_is_drawn_of_a_kept_picture(self, served):
        """And need not be fetched twice."""
        where = f"/results/{served.done()['id']}/thumbnail.jpg"

        answer = served.get(where)
        again = served.get(where, headers={"If-None-Match": answer.headers["ETag"]})

        assert (200, "image/jpeg") == (answer.status_code, answer.headers["Content-Type"])
        assert answer.content.startswith(b"\xff\xd8")
        assert (304, b"") == (again.status_code, again.content)

    def test_there_is_none_of_a_picture_that_is_gone(self, served):
        """It says so."""
        result = served.done()
        served.parts.blobs.delete(blob_key("default", result["image_hash"]))

        answer = served.get(f"/results/{result['id']}/thumbnail.jpg")

        assert (410, "picture_gone") == (answer.status_code, answer.json()["code"])

    def test_of_no_result_there_is_none(self, served):
        """Whatever the caller has."""
        answer = served.get(f"/results/{NOWHERE}/thumbnail.jpg", headers={"If-None-Match": "*"})

        assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])


class TestExplanation:
    def test_it_is_of_the_result(self, served):
        """Behind its verdict; and need not be fetched twice."""
        result = served.done()
        where = f"/results/{result['id']}/explanation"

        answer = served.get(where)
        again = served.get(where, headers={"If-None-Match": answer.headers["ETag"]})

        found = answer.json()
        for key in ("id", "is_studio", "confidence", "label", "model", "variant"):
            assert result[key] == found[key]
        assert result["evidence"]["logit"] == found["waterfall"]["logit"]
        assert "private, no-cache" == answer.headers["Cache-Control"]
        assert (304, b"") == (again.status_code, again.content)

    def test_of_no_result_there_is_none(self, served):
        """As of any that is another's."""
        answer = served.get(f"/results/{NOWHERE}/explanation")

        assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])
