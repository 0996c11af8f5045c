"""Results over HTTP: looked at, listed, drawn, spoken about, compared."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api_service import API, NOWHERE, shadow_variant
from studio_detector.service.blobs.base import blob_key


def _forget(service, result):
    service.parts.blobs.delete(blob_key("default", result["image_hash"]))


class TestLooking:
    def test_it_is_whole(self, served):
        """What the command line needs for a report is in it."""
        result = served.done()

        same = served.get(f"/results/{result['id']}").json()

        assert {"shadow"} == set(same["phase1_results"])
        assert {"intercept", "logit", "terms"} == set(same["evidence"])
        assert "components" in same["report"]
        assert datetime.fromisoformat(same["created_at"]).utcoffset() == timedelta()

    @pytest.mark.parametrize("path", ["", "/report", "/overlays/backdrop.png"])
    def test_who_has_the_newest_is_not_sent_it_again(self, served, path):
        """By a strong tag."""
        where = f"/results/{served.done()['id']}{path}"
        first = served.get(where)
        etag = first.headers["etag"]

        for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = served.get(where, headers={"If-None-Match": sent})
            assert (304, b"", etag) == (again.status_code, again.content, again.headers["etag"])
        other = served.get(where, headers={"If-None-Match": '"other"'})
        assert (200, first.content) == (other.status_code, other.content)
        assert etag.startswith('"')
        assert "private, no-cache" == first.headers["cache-control"]

    def test_what_is_not_there_is_said(self, closed):
        """By every route that names a result."""
        for method, path in (
            ("GET", ""),
            ("GET", "/report"),
            ("GET", "/overlays"),
            ("GET", "/overlays/backdrop.png"),
            ("POST", "/feedback"),
        ):
            answer = closed.http.request(
                method,
                f"{API}/results/{NOWHERE}{path}",
                json={"label": "studio"} if method == "POST" else None,
            )

            assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])


class TestLists:
    @pytest.mark.parametrize("text", ["%00", "a%00b", "a%0ab", "%1b[31m", "%7f", "%c2%85"])
    @pytest.mark.parametrize("path", ["/results?variant=", "/results?cursor="])
    def test_no_question_has_control_characters(self, closed, path, text):
        """PostgreSQL takes no text with NUL, and none of the others is a name."""
        answer = closed.get(path + text)

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])

    def test_names_of_every_language_are_asked_for(self, closed):
        """Nothing has them, but something could."""
        assert [] == closed.get("/results?variant=%c3%a4%e2%82%ac 1").json()["items"]

    def test_results_are_chosen(self, served):
        """By each of their sides."""
        first, second = served.done("good 1"), served.done("doubtful 1")

        def found(**params):
            return {r["id"] for r in served.get("/results", params=params).json()["items"]}

        both = {first["id"], second["id"]}
        assert both == found()
        assert {first["id"]} == found(is_studio=True)
        assert {second["id"]} == found(is_studio=False)
        assert {first["id"]} == found(confidence_min=0.6)
        assert {second["id"]} == found(confidence_max=0.6)
        assert {first["id"]} == found(image_hash=first["image_hash"])
        assert {second["id"]} == found(created_after=first["created_at"])
        assert both == found(variant="default", created_after="2020-01-01T00:00:00")
        # As people write it, without escaping the plus.
        unescaped = served.get(f"/results?created_after={first['created_at']}")
        assert [second["id"]] == [r["id"] for r in unescaped.json()["items"]]
        assert set() == found(variant="nobody")
        assert {first["id"]} == found(label="studio")

    def test_pages_join(self, served):
        """Without gap or overlap."""
        ids = [served.done(f"good {n}")["id"] for n in range(5)]

        first = served.get("/results?limit=3").json()
        rest = served.get("/results", params={"limit": 3, "cursor": first["cursor"]}).json()

        assert ids[::-1] == [r["id"] for r in first["items"] + rest["items"]]
        assert rest["cursor"] is None

    def test_slim_lists_leave_out_what_verdicts_rest_on(self, served):
        """All else is as in whole ones, page by page."""
        for number in range(3):
            served.done(f"good {number}")
        whole = served.get("/results").json()["items"]

        first = served.get("/results?slim=true&limit=2").json()
        rest = served.get(
            "/results", params={"slim": True, "limit": 2, "cursor": first["cursor"]}
        ).json()

        left_out = {"phase1_results", "phase3_results", "evidence", "report"}
        slim = first["items"] + rest["items"]
        assert [
            {name: value for name, value in one.items() if name not in left_out} for one in whole
        ] == slim
        assert all(left_out <= one.keys() for one in whole)
        assert whole == served.get("/results?slim=false").json()["items"]

    def test_queries_that_do_not_fit_are_refused(self, idle):
        """Numbers beyond their bounds, hashes that are none."""
        for query in (
            "confidence_min=2",
            "image_hash=AB",
            "created_after=x",
            "label=x",
            "studio=1",
        ):
            answer = idle.get(f"/results?{query}")

            assert (422, "request_invalid") == (answer.status_code, answer.json()["code"]), query


class TestDrawing:
    def test_the_page_has_no_scripts_to_run(self, served):
        """By the policy that comes with it."""
        answer = served.get(f"/results/{served.done()['id']}/report")

        policy = answer.headers["content-security-policy"]
        assert "text/html; charset=utf-8" == answer.headers["content-type"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "with picture" in answer.text

    def test_without_the_picture_there_is_still_a_page(self, served):
        """Another than before, as its tag tells."""
        result = served.done()
        where = f"/results/{result['id']}/report"
        etag = served.get(where).headers["etag"]
        _forget(served, result)

        answer = served.get(where, headers={"If-None-Match": etag})

        assert 200 == answer.status_code
        assert "without picture" in answer.text
        assert f"picture {result['image_hash'][:12]}" in answer.text

    def test_overlays_are_listed_with_their_captions(self, served):
        """And each is where it is said to be."""
        items = served.get(f"/results/{served.done()['id']}/overlays").json()["items"]

        assert ["shadow_softness", "backdrop"] == [item["name"] for item in items]
        for item in items:
            assert item["title"]
            assert item["caption"]
            png = served.http.get(item["href"])
            assert "image/png" == png.headers["content-type"]
            assert item["name"].encode() in png.content

    def test_an_overlay_needs_the_picture(self, served):
        """410 once that is gone."""
        result = served.done()
        _forget(served, result)

        answer = served.get(f"/results/{result['id']}/overlays/backdrop.png")

        assert (410, "picture_gone") == (answer.status_code, answer.json()["code"])

    def test_an_unknown_overlay_is_said(self, served):
        """Whether the picture is there or not."""
        result = served.done()
        where = f"/results/{result['id']}/overlays/nothing.png"

        assert "overlay_unknown" == served.get(where, headers={"If-None-Match": "*"}).json()["code"]
        _forget(served, result)
        assert "overlay_unknown" == served.get(where).json()["code"]


class TestFeedback:
    def test_it_is_kept(self, served):
        """With a note or without."""
        result = served.done()
        where = f"{API}/results/{result['id']}/feedback"

        answer = served.http.post(where, json={"label": "natural", "note": "a window"})
        assert (201, "natural", "a window") == (
            answer.status_code,
            answer.json()["label"],
            answer.json()["note"],
        )
        assert 201 == served.http.post(where, json={"label": "uncertain"}).status_code
        notes = served.parts.store.feedback.export("default")
        assert ["natural", "uncertain"] == [row.note.label for row in notes]

    @pytest.mark.parametrize("body", [{"label": "both"}, {}, {"label": "studio", "x": 1}, []])
    def test_what_does_not_fit_is_refused(self, served, body):
        """With its place."""
        result = served.done()

        answer = served.http.post(f"{API}/results/{result['id']}/feedback", json=body)

        assert (422, "request_invalid") == (answer.status_code, answer.json()["code"])
        assert answer.json()["errors"][0]["place"].startswith("body")


class TestSimilar:
    def test_pictures_that_look_alike_are_found_once_each(self, served):
        """Not the picture itself, and no second result of the same."""
        first, second = served.done("good 1"), served.done("good 2")
        served.done("good 2", phases="all")

        items = served.get("/similar", params={"image_hash": first["image_hash"]}).json()["items"]

        assert [second["image_hash"]] == [item["result"]["image_hash"] for item in items]
        assert 0 == items[0]["distance_bits"]

    def test_shadows_are_left_out(self, serve):
        """They were scored for comparison alone."""
        with serve(variants=(shadow_variant(),)) as service:
            first, second = service.done("good 1"), service.done("good 2")
            for _ in range(2):
                _all_over(service)

            answer = service.get("/similar", params={"image_hash": first["image_hash"]})

            found = [item["result"]["id"] for item in answer.json()["items"]]
            assert [second["id"]] == found

    def test_a_picture_never_seen_is_said(self, idle):
        """As a result that is not there."""
        answer = idle.get("/similar", params={"image_hash": "0" * 64})

        assert (404, "result_unknown") == (answer.status_code, answer.json()["code"])


class TestVariants:
    def test_variants_are_compared(self, serve):
        """By the pictures both have judged."""
        with serve(variants=(shadow_variant(),)) as service:
            service.done("good 1")
            _all_over(service)

            shown = service.get("/variants").json()
            report = service.get("/variants/default/disagreements/second").json()

            assert ("default", [False, True]) == (
                shown["default"],
                [item["is_shadow"] for item in shown["items"]],
            )
            assert (1, 1.0, []) == (report["pictures"], report["same_label_ratio"], report["worst"])
            unknown = service.get("/variants/default/disagreements/third")
            assert (400, "unknown_variant") == (unknown.status_code, unknown.json()["code"])


def _all_over(service):
    """Wait for every job, those of shadows, too."""
    for job in service.get("/jobs").json()["items"]:
        service.get(f"/jobs/{job['id']}", params={"wait": 30})
