"""The audit log over HTTP: what is written of requests, and who may read it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from uuid import uuid4

import pytest

import api_service
from service.audit.audit_examples import entry
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.roles import Role
from studio_detector.service.audit.verify import verify

MARK = "Ada-Lovelace-hunter2"


def listed(service, **params):
    answer = service.get("/audit", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def written(service):
    """All rows once what was noted is written."""
    service.parts.audit.close()
    return service.parts.store.audit.after(0, 10_000)


def key_of(service, role, tenant="default"):
    made = ApiKeys(service.parts.store, service.parts.secret)
    issued = made.create(tenant=tenant, name="", role=role)
    return issued.key.id, {"Authorization": f"Bearer {issued.secret}"}


class TestReading:
    def test_the_log_is_listed_page_by_page_from_the_newest(self, idle):
        for number in range(5):
            idle.parts.audit.act(entry(number))
        first = listed(idle, limit=3)
        second = listed(idle, limit=3, cursor=first["cursor"])

        objects = [item["object"] for item in (*first["items"], *second["items"])]
        own = [f"/api/v1/jobs/{number}" for number in reversed(range(5))]
        assert own == [name for name in objects if name.startswith("/api/v1/jobs/")]
        assert "seal" not in first["items"][0]

    def test_others_and_nobody_are_left_out(self, idle):
        """A tenant learns nothing of others, not even how much they do."""
        idle.parts.audit.act(entry(tenant="other", object="theirs"))
        idle.parts.audit.act(entry(tenant="", object="nobody's"))
        idle.parts.audit.act(entry(object="ours"))

        items = listed(idle)["items"]
        assert "ours" in [item["object"] for item in items]
        assert not {"theirs", "nobody's"} & {item["object"] for item in items}
        assert "seq" not in items[0]

    def test_a_cursor_of_another_list_is_refused(self, idle):
        answer = idle.get("/audit", params={"cursor": "nonsense"})
        assert answer.status_code == 422
        assert answer.json()["code"] == "request_invalid"

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.OPERATOR])
    def test_only_admins_read_it(self, serve, role):
        with serve(works=False, auth="keys") as service:
            assert service.get("/audit", headers=key_of(service, role)[1]).status_code == 403
            assert service.get("/audit", headers=key_of(service, Role.ADMIN)[1]).status_code == 200


class TestWriting:
    def test_the_head_of_what_has_no_end_is_allowed(self, idle):
        """No more is made of it than the head, which is no failure."""
        job = idle.post().json()["id"]
        assert idle.http.head(f"{api_service.API}/jobs/{job}/events").status_code == 200

        asked = [(row.action, row.outcome) for row in written(idle)]
        assert [("api.head", "allowed")] == [row for row in asked if row[0] == "api.head"]

    def test_every_request_is_one_row(self, serve):
        """Whether it was let in or not, and whatever came of it."""
        with serve(works=False, auth="keys") as service:
            viewer, headers = key_of(service, Role.VIEWER)
            job = uuid4()
            service.get("/jobs", headers=headers)
            service.get(f"/jobs/{job}", headers=headers)
            service.http.head("/api/v1/jobs", headers=headers)
            service.post(headers=headers)
            service.get("/jobs")
            service.get("/jobs", headers={"Authorization": f"Bearer {MARK}"})
            service.get(f"/{MARK}", headers=headers)
            service.http.get("/livez")
            service.http.get("/readyz")

            rows = written(service)

        actor = f"key:{viewer}"
        assert [
            (actor, "api.get", "/api/v1/jobs", "allowed"),
            (actor, "api.get", f"/api/v1/jobs/{job}", "failed"),
            (actor, "api.head", "/api/v1/jobs", "allowed"),
            (actor, "api.post", "/api/v1/analyse", "refused"),
            ("unknown", "api.get", "/api/v1/jobs", "refused"),
            ("unknown", "api.get", "/api/v1/jobs", "refused"),
            (actor, "api.get", "unknown", "failed"),
        ] == [(row.actor, row.action, row.object, row.outcome) for row in rows]
        assert {"default", ""} == {row.tenant for row in rows}
        assert {"unknown"} == {row.address for row in rows}

    def test_reading_the_log_is_written_too(self, idle):
        listed(idle)
        assert "/api/v1/audit" in [row.object for row in written(idle)]

    def test_the_log_of_a_service_is_in_order(self, idle):
        for _ in range(20):
            idle.get("/jobs")
        rows = written(idle)
        assert len(rows) == 20
        assert verify(idle.parts.store.audit, idle.parts.secret).fault is None

    def test_a_service_without_a_log_writes_none(self, serve):
        with serve(works=False, audit=False) as service:
            service.get("/jobs")
            assert [] == written(service)

    def test_nothing_of_pictures_or_people_is_in_it(self, served, tmp_path):
        """Names, tags, hashes and addresses that a caller sent, wherever they were sent."""
        picture = api_service.picture(f"good {MARK}")
        digest = hashlib.sha256(picture).hexdigest()
        done = served.done(f"good {MARK}")
        assert done["image_hash"] == digest
        address = f"https://{MARK}.example/{MARK}.png?who={MARK}"
        served.http.post("/api/v1/analyse", json={"image_url": address})
        served.http.post("/api/v1/batches", json={"image_urls": [{"url": address, "name": MARK}]})
        served.post(params={"callback_url": address}, headers={"Idempotency-Key": MARK})
        said = {"label": "natural", "note": MARK}
        served.http.post(f"/api/v1/results/{done['id']}/feedback", json=said)
        served.get("/results", params={"image_hash": digest})
        served.get(f"/results/{done['id']}/overlays/{MARK}.png")
        served.get(f"/variants/{MARK}/disagreements/{MARK}")
        served.http.request(MARK, f"/{MARK}/{digest}", params={MARK: MARK})
        for path in (f"/pictures/{digest}", f"/subjects/{MARK}"):
            served.http.delete(f"/api/v1{path}")
            served.get(f"{path}/export")
        assert len(written(served)) >= 13

        with closing(sqlite3.connect(tmp_path / "api.db")) as connection:
            log = repr(connection.execute("SELECT * FROM audit_log").fetchall())
        for text in (MARK, MARK.lower(), MARK.partition("-")[0], digest, digest[:16]):
            assert text not in log
