"""Who is let in, and what they may do: all of it known before a byte of the body is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import api_service
import door_examples
from api_service import API, NOWHERE, PNG
from door_examples import ask, bearer, key
from studio_detector.service.access.roles import SCOPES, Role
from studio_detector.service.api.scopes import HEALTH, METRICS, SCOPES_OF_ROUTES, Addresses

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "service" / "openapi.json"
ROUTES = door_examples.routes()
RAW = {"Content-Type": "image/png", "Content-Length": "100"}


def code(answer):
    return json.loads(answer.body)["code"]


#: For everybody, and in no list of what the API does.
NO_API = {"/openapi.json", "/", "/static/{digest}/{name:path}"}
#: They change nothing; what they are asked for does not fit into an address.
LOOKING = {
    ("POST", f"{API}/results/export"),
    ("POST", f"{API}/results/{{result_id}}/overlays/{{name}}.png"),
    ("POST", f"{API}/results/{{result_id}}/report"),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """An app that asks for keys, and one of each role; it is changed by no test."""
    folder = tmp_path_factory.mktemp("shared")
    # Of many tries, none may be too much.
    with api_service.service(folder, works=False, auth="keys", rate_failed="none") as service:
        yield service, {role: key(service, role) for role in Role}


class TestTable:
    def test_every_route_says_what_it_asks_for(self, closed):
        """What is not in the table is refused, so nothing may be forgotten."""
        document = closed.app.openapi()["paths"]
        there = {(method.upper(), path) for path, found in document.items() for method in found}

        assert there | {("GET", path) for path in NO_API | {METRICS}} == set(SCOPES_OF_ROUTES)

    def test_few_addresses_ask_for_nothing(self):
        """Those that tell nothing of anybody."""
        public = {path for (_, path), scope in SCOPES_OF_ROUTES.items() if scope is None}

        assert HEALTH | NO_API == public

    def test_what_changes_something_asks_for_more_than_looking(self):
        """Whatever the address is called."""
        for (method, path), scope in SCOPES_OF_ROUTES.items():
            looks = method == "GET" or (method, path) in LOOKING
            assert looks or scope not in {None, "read"}, path

    def test_an_address_that_is_in_no_table_is_not_found(self, keyed, monkeypatch):
        """Though the app has a route for it."""
        monkeypatch.setattr(Addresses, "find", lambda *_: None)

        answer = ask(keyed, "GET", f"{API}/queues", headers=bearer(key(keyed)))

        assert (404, "route_unknown") == (answer.status, code(answer))


class TestUnknown:
    @pytest.mark.parametrize(("method", "path", "_"), ROUTES)
    def test_nobody_gets_in_without_a_key(self, shared, method, path, _):
        """Nor is the body asked for, which could be of any length."""
        service, _ = shared

        answer = ask(service, method, path, headers=RAW)

        assert (401, "unauthenticated") == (answer.status, code(answer))
        assert 'Bearer realm="studio-detector"' == answer.headers["www-authenticate"]
        assert 0 == answer.reads

    @pytest.mark.parametrize(
        "sent",
        [
            "Bearer sk_nonsense",
            "Bearer sk_AAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "Bearer ",
            "Basic YWRtaW46YWRtaW4=",
            "Bearer eyJhbGciOiJub25lIn0.e30.",
            "\xff",
        ],
    )
    def test_nor_with_one_that_is_none(self, shared, sent):
        """Whatever it is instead."""
        service, _ = shared

        answer = ask(service, "POST", f"{API}/analyse", headers={"Authorization": sent, **RAW})

        assert (401, 0) == (answer.status, answer.reads)

    def test_what_there_is_is_not_told_to_who_is_not_known(self, shared):
        """An address, and a job, that there is are answered like those that there are not."""
        service, _ = shared
        job = ask(
            service, "POST", f"{API}/analyse", body=[PNG + b"good 1"],
            headers={**bearer(key(service)), "Content-Type": "image/png"},
        )  # fmt: skip
        name = json.loads(job.body)["id"]

        answers = [
            ask(service, "GET", path)
            for path in (
                f"{API}/jobs/{name}",
                f"{API}/jobs/{NOWHERE}",
                f"{API}/nothing",
                "/wp-admin",
            )
        ]

        assert 1 == len({(answer.status, answer.body) for answer in answers})

    def test_a_key_that_was_taken_back_tells_nothing_of_itself(self, shared):
        """The answer is that to a key that never was."""
        service, _ = shared
        old = key(service)
        service.parts.store.keys.revoke(old.split("_")[1], service.parts.store.clock())
        # The same name with another secret, and a name that nothing has.
        wrong = old[:-4] + "AAAA"

        answers = [
            ask(service, "GET", f"{API}/jobs", headers=bearer(text)) for text in (old, wrong)
        ]

        assert {401} == {answer.status for answer in answers}
        assert 1 == len({answer.body for answer in answers})


class TestRoles:
    @pytest.mark.parametrize("role", Role)
    def test_each_may_do_what_its_scopes_say(self, shared, role):
        """On every address; who may not is told before the body is read."""
        service, keys = shared
        for method, path, scope in ROUTES:
            if path.endswith("/events"):
                continue
            answer = ask(service, method, path, body=[b""], headers=bearer(keys[role]))

            may = scope in SCOPES[role]
            assert (answer.status != 403) == may, (role, method, path)
            if not may:
                assert "forbidden" == code(answer)
                assert 0 == answer.reads

    def test_a_key_may_have_fewer_scopes_than_its_role(self, keyed):
        """Only looking, for instance."""
        narrow = bearer(key(keyed, Role.ADMIN, scopes={"read"}))

        assert 200 == ask(keyed, "GET", f"{API}/jobs", headers=narrow).status
        assert 403 == ask(keyed, "POST", f"{API}/analyse", headers={**narrow, **RAW}).status

    def test_a_tenant_sees_only_what_is_its_own(self, keyed):
        """What belongs to another is not there, word by word as what never was."""
        ours, theirs = bearer(key(keyed, tenant="a")), bearer(key(keyed, tenant="b"))
        kind = {"Content-Type": "image/png"}
        job = ask(keyed, "POST", f"{API}/analyse", body=[PNG + b"good 1"], headers={**ours, **kind})
        name = json.loads(job.body)["id"]

        seen = ask(keyed, "GET", f"{API}/jobs/{name}", headers=ours)
        hidden = ask(keyed, "GET", f"{API}/jobs/{name}", headers=theirs)
        missing = ask(keyed, "GET", f"{API}/jobs/{NOWHERE}", headers=theirs)

        assert [202, 200, 404] == [job.status, seen.status, hidden.status]
        assert hidden.body.replace(name.encode(), b"") == missing.body.replace(
            NOWHERE.encode(), b""
        )
        assert [] == json.loads(ask(keyed, "GET", f"{API}/jobs", headers=theirs).body)["items"]


class TestElsewhere:
    @pytest.mark.parametrize("path", sorted(HEALTH))
    def test_who_minds_the_service_needs_no_key(self, shared, path):
        """Nor a name of it, nor any rate."""
        service, _ = shared

        answer = ask(service, "GET", path, headers={"host": "10.1.2.3:8000"})

        assert answer.status in {200, 503}
        assert "www-authenticate" not in answer.headers

    def test_the_document_of_the_api_is_for_everybody(self, shared):
        """It tells nothing that the source does not."""
        service, _ = shared

        assert 200 == ask(service, "GET", "/openapi.json").status

    def test_with_a_key_what_there_is_not_is_said(self, shared):
        """Address and method, as without keys."""
        service, keys = shared
        known = bearer(keys[Role.VIEWER])

        missing = ask(service, "GET", "/nothing", headers=known)
        wrong = ask(service, "PUT", f"{API}/jobs/{NOWHERE}", headers=known)

        assert (404, "route_unknown") == (missing.status, code(missing))
        assert (405, "DELETE, GET, HEAD") == (wrong.status, wrong.headers["allow"])

    def test_a_head_asks_for_a_key_too(self, shared):
        """And for one that may look."""
        service, keys = shared

        assert 401 == ask(service, "HEAD", f"{API}/jobs").status
        assert 200 == ask(service, "HEAD", f"{API}/jobs", headers=bearer(keys[Role.VIEWER])).status

    def test_other_protocols_are_turned_away(self, closed):
        """There is no way around the door."""
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "websocket", "path": f"{API}/jobs", "headers": []}
        closed.http.portal.call(closed.app, scope, None, send)

        assert [{"type": "websocket.close", "code": 1008}] == sent

    def test_where_nobody_is_asked_everything_is_open(self, closed):
        """With a key or without."""
        assert 200 == closed.http.get(f"{API}/jobs").status_code
        assert 200 == closed.http.get(f"{API}/jobs", headers=bearer("sk_x")).status_code


def test_the_document_says_which_keys_and_what_may_go_wrong():
    """For each address that asks for one."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))

    assert {"bearer", "signature"} == document["components"]["securitySchemes"].keys()
    for (method, path), scope in SCOPES_OF_ROUTES.items():
        if scope is None or path == METRICS:
            continue
        operation = document["paths"][path][method.lower()]
        assert [{"bearer": [scope]}, {"signature": [scope]}] == operation["security"]
        assert {"401", "403", "429"} <= operation["responses"].keys()
