"""Erasing over HTTP, and telling those who are shown what is stored of them."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from urllib.parse import quote

import pytest

from api_service import API, picture
from door_examples import bearer, key
from service_workers import sha256
from studio_detector.service.access.roles import Role, Scope

TAG = "Anna & Ben, no. 7"


def _post(service, word="good 1", **params):
    answer = service.post(word, params={"wait": 30, "subject": TAG, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _export(service, tag=TAG):
    return service.get(f"/subjects/{quote(tag)}/export")


class TestPictures:
    """``DELETE /pictures/HASH``."""

    def test_nothing_can_be_asked_about_it_afterwards(self, served):
        result = _post(served)
        note = {"label": "natural", "note": "a window"}
        served.http.post(f"{API}/results/{result['id']}/feedback", json=note)

        answer = served.http.delete(f"{API}/pictures/{result['image_hash']}")

        assert answer.status_code == 200
        assert answer.json() == {
            "pictures": 1,
            "jobs": 1,
            "results": 1,
            "feedback": 1,
            "callbacks": 0,
            "batches": 0,
            "pictures_left": 0,
        }
        for path in (
            f"/results/{result['id']}",
            f"/results/{result['id']}/report",
            f"/results/{result['id']}/overlays/backdrop.png",
            f"/jobs/{result['job_id']}",
            f"/similar?image_hash={result['image_hash']}",
        ):
            assert served.get(path).status_code == 404, path
        assert served.get("/results").json()["items"] == []
        assert served.get("/jobs").json()["items"] == []

    def test_erasing_it_again_does_no_harm(self, served):
        image_hash = _post(served)["image_hash"]
        for pictures in (1, 0, 0):
            answer = served.http.delete(f"{API}/pictures/{image_hash}")
            assert (answer.status_code, answer.json()["pictures"]) == (200, pictures)

    def test_it_is_analysed_anew_when_it_is_sent_again(self, served):
        first = _post(served)
        served.http.delete(f"{API}/pictures/{first['image_hash']}")
        again = _post(served)
        assert again["answer"] == "analysed"
        assert again["id"] != first["id"]

    def test_who_waits_for_it_learns_that_it_was_called_off(self, idle):
        answers = []
        waiter = threading.Thread(
            target=lambda: answers.append(idle.post(params={"wait": 30})), daemon=True
        )
        waiter.start()
        while not idle.get("/jobs").json()["items"]:
            time.sleep(0.01)
        idle.http.delete(f"{API}/pictures/{sha256(picture())}")
        waiter.join(15)
        assert (answers[0].status_code, answers[0].json()["code"]) == (409, "cancelled")

    @pytest.mark.parametrize("name", ["abc", "A" * 64, "..", "0" * 65])
    def test_what_is_no_hash_is_refused(self, closed, name):
        assert closed.http.delete(f"{API}/pictures/{name}").status_code in {404, 422}

    def test_a_picture_that_looks_like_it_is_found_no_more(self, served):
        """Not in this process's memory either."""
        first, second = _post(served, "good 1"), _post(served, "good 2")
        near = served.get(f"/similar?image_hash={second['image_hash']}").json()["items"]
        assert [item["result"]["id"] for item in near] == [first["id"]]
        served.http.delete(f"{API}/pictures/{first['image_hash']}")
        assert served.get(f"/similar?image_hash={second['image_hash']}").json()["items"] == []


class TestSubjects:
    """``/subjects/TAG``."""

    def test_all_that_is_stored_is_exported(self, served):
        result = _post(served)
        _post(served, "good 2")
        served.done("good 3")
        note = {"label": "natural", "note": "a window"}
        served.http.post(f"{API}/results/{result['id']}/feedback", json=note)

        answer = _export(served)

        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        told = answer.json()
        assert {shown["image_hash"] for shown in told["pictures"]} == {
            sha256(picture("good 1")),
            sha256(picture("good 2")),
        }
        (shown,) = (one for one in told["pictures"] if one["image_hash"] == result["image_hash"])
        assert [job["id"] for job in shown["jobs"]] == [result["job_id"]]
        (found,) = shown["results"]
        assert found["id"] == result["id"]
        assert [said["note"] for said in found["feedback"]] == ["a window"]
        assert shown["callbacks"] == []

    def test_pictures_are_not_sent_back(self, served):
        _post(served)
        assert picture() not in _export(served).content
        assert b"PNG" not in _export(served).content

    def test_a_subject_of_a_batch_is_exported_and_erased(self, served):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for number in range(3):
                archive.writestr(f"anna {number}.png", picture(f"good {number}"))
        answer = served.http.post(
            f"{API}/batches",
            files={"file": ("shoot.zip", file.getvalue())},
            data={"subject": TAG},
        )
        assert answer.status_code == 202, answer.text
        batch = answer.json()
        while served.get(f"/batches/{batch['id']}").json()["finished_at"] is None:
            time.sleep(0.01)
        names = {job["name"] for one in _export(served).json()["pictures"] for job in one["jobs"]}
        assert names == {f"anna {number}.png" for number in range(3)}

        erased = served.http.delete(f"{API}/subjects/{quote(TAG)}").json()

        assert (erased["pictures"], erased["batches"]) == (3, 1)
        assert served.get(f"/batches/{batch['id']}").status_code == 404
        assert _export(served).status_code == 404

    def test_what_is_not_known_is_not_exported_and_its_erasure_does_no_harm(self, served):
        _post(served)
        answer = _export(served, "somebody else")
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_unknown")
        answer = served.http.delete(f"{API}/subjects/somebody%20else")
        assert (answer.status_code, answer.json()["pictures"]) == (200, 0)
        assert len(_export(served).json()["pictures"]) == 1

    def test_tags_come_by_every_form(self, served):
        address = "https://example.com/a.png"
        served.parts.fetcher.pictures[address] = picture("good 9")
        by_json = {"image_url": address, "subject": TAG}
        assert served.http.post(f"{API}/analyse", json=by_json).status_code == 202
        form = served.http.post(
            f"{API}/analyse",
            files={"file": ("a.png", picture("good 8"))},
            data={"subject": TAG},
        )
        assert form.status_code == 202, form.text
        assert served.http.post(
            f"{API}/batches", json={"image_urls": [address], "subject": TAG}
        ).is_success
        jobs = [job for one in _export(served).json()["pictures"] for job in one["jobs"]]
        assert len(jobs) == 3

    @pytest.mark.parametrize("tag", ["", "a/b", "..", ".hidden", "a\0b", "a\nb", "x" * 201])
    def test_tags_that_could_not_be_asked_for_are_refused(self, closed, tag):
        answer = closed.post(params={"subject": tag})
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")

    def test_tags_are_stored_as_keyed_hashes_alone(self, served, tmp_path):
        _post(served)
        served.parts.eraser.store.erasures.scrub()
        stored = (tmp_path / "api.db").read_bytes()
        assert served.parts.intake.tags.hashed("default", TAG).encode() in stored
        assert TAG.encode() not in stored


class TestTenants:
    """``DELETE /tenants/NAME``."""

    def test_everything_of_ones_own_goes(self, served):
        for number in range(3):
            _post(served, f"good {number}")
        erased = served.http.delete(f"{API}/tenants/default").json()
        assert (erased["pictures"], erased["jobs"]) == (3, 3)
        assert served.get("/jobs").json()["items"] == []
        assert _export(served).status_code == 404

    @pytest.mark.parametrize("name", ["other", "DEFAULT", "default%20"])
    def test_that_of_others_does_not(self, served, name):
        _post(served)
        answer = served.http.delete(f"{API}/tenants/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "tenant_unknown")
        assert len(served.get("/jobs").json()["items"]) == 1


class TestScopes:
    """What the scopes of the routes alone do not say."""

    def test_a_job_that_is_over_is_erased_only_with_the_scope_for_it(self, serve):
        """Who may only operate may still call a job off."""
        with serve(works=False, auth="keys") as service:
            operates = key(service, Role.OPERATOR, scopes={Scope.READ, Scope.OPERATE})
            erases = key(service, Role.OPERATOR)
            job = service.post(headers=bearer(erases)).json()["id"]
            address = f"{API}/jobs/{job}"
            delete = service.http.delete
            assert delete(address, headers=bearer(operates)).status_code == 204
            refused = delete(address, headers=bearer(operates))
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
            assert delete(address, headers=bearer(erases)).status_code == 204


class TestNoting:
    """Erasures are noted where they must be."""

    def test_an_erasure_is_in_the_database_the_journal_and_the_audit_log(self, served, tmp_path):
        image_hash = _post(served)["image_hash"]
        served.http.delete(f"{API}/pictures/{image_hash}")

        (noted,) = served.parts.store.erasures.find()
        assert (noted.kind, noted.object, noted.tenant) == ("picture", image_hash, "default")
        (line,) = (tmp_path / "erasures.jsonl").read_text().splitlines()
        assert json.loads(line)["id"] == str(noted.id)
        acts = served.get("/audit").json()["items"]
        assert (f"erasure {noted.id}", "erased.picture") in [
            (act["object"], act["action"]) for act in acts
        ]

    def test_without_a_journal_nothing_is_erased(self, served, tmp_path):
        """Or a restored database would never learn of it."""
        image_hash = _post(served)["image_hash"]
        (tmp_path / "erasures.jsonl").mkdir()
        answer = served.http.delete(f"{API}/pictures/{image_hash}")
        assert (answer.status_code, answer.json()["code"]) == (507, "output_failed")
        assert str(tmp_path) not in answer.text
        assert len(served.get("/results").json()["items"]) == 1
