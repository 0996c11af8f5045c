"""No tenant reads, changes or infers what another one has, whatever they name and wherever.

Two strangers send the same request: one with names that the owner's things have, one with names
that nothing ever had. They must get the same answer, down to the headers; and afterwards the
owner must see what was there before, to the byte. The requests are generated from the OpenAPI
document, so that a new route is tested, or makes these tests fail until they know its names.

How long answers take is not compared: the store looks the same rows up for both.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from uuid import UUID

import pytest

import api_service
from api_service import API, picture
from tenant_examples import (
    OWNER,
    PICTURES,
    TAG,
    URLS,
    Owner,
    archive_of,
    never,
    plain,
    stranger,
)

# Requests of each operation, and how often a parameter is given that need not be.
_REQUESTS = 25
_SHARE = 0.5
_ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = json.loads((_ROOT / "docs" / "service" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
#: Parameters that name nothing of anybody's -> values that are tried.
NAMELESS = {
    "wait": ["30"],
    "Prefer": ["wait=30"],
    "priority": ["high"],
    "phases": ["lighting"],
    "variant": ["second"],
    "callback_url": ["https://example.com/hook"],
    "options": ['{"near_duplicates": true}'],
    "limit": ["1", "100"],
    "days": ["30"],
    "state": ["done", "dead", "running"],
    "format": ["jsonl", "csv"],
    "is_studio": ["true"],
    "label": ["studio"],
    "confidence_min": ["0.5"],
    "confidence_max": ["0.99"],
    "created_after": ["2020-01-01T00:00:00Z"],
    # Of the configuration, not of a tenant.
    "a": ["default"],
    "b": ["second"],
    "name": ["backdrop"],
    "slim": ["true", "false"],
    "erase": ["true", "false"],
}
#: Keys are asked for, and how often anybody asks is not told in every answer.
UNCOUNTED = {
    "auth": "keys",
    **{f"rate_{kind}": "none" for kind in ("key", "tenant", "address", "global", "failed")},
}
#: Bodies by operation: with what is the owner's, and with the like that nobody has.
BODIES = {
    ("POST", f"{API}/analyse"): [
        ("image/png", picture("good 1"), picture("good 801")),
        ("application/json", *(json.dumps({"image_url": url}).encode() for url in URLS)),
    ],
    ("POST", f"{API}/batches"): [
        (
            "application/zip",
            archive_of(picture("good 1")),
            archive_of(picture("good 801")),
        ),
        ("application/json", *(json.dumps({"image_urls": [url]}).encode() for url in URLS)),
    ],
    ("POST", f"{API}/results/{{result_id}}/overlays/{{name}}.png"): [
        ("image/png", picture("good 1"), picture("good 801")),
    ],
    ("POST", f"{API}/results/{{result_id}}/report"): [
        ("image/png", picture("good 1"), picture("good 801")),
    ],
    ("POST", f"{API}/results/{{result_id}}/feedback"): [
        ("application/json", *[b'{"label": "studio", "note": "mine now"}'] * 2)
    ],
}
#: Likewise, of what has names only once it is there: operation -> parameter, body around a name.
NAMING = {
    ("POST", f"{API}/results/export"): ("result_id", '{{"ids": ["{}"], "format": "jsonl"}}'),
}


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    """The tenant with one of everything, and what a stranger saw before there was anything."""
    folder = tmp_path_factory.mktemp("tenants")
    with api_service.service(
        folder,
        variants=(api_service.shadow_variant(),),
        pictures=PICTURES,
        workers=4,
        keep_pictures_s=3600.0,
        **UNCOUNTED,
    ) as service:
        owner = Owner(service, OWNER)
        owner.before = {path: plain(_look(service, path)) for path in _nameless_paths()}
        owner.settle()
        owner.seen = owner.view()
        yield owner
        assert owner.seen == owner.view()


@pytest.fixture(scope="module")
def acting(owner):
    """Another tenant with one of everything, for tests in which it acts itself."""
    acting = Owner(owner.service, "acting")
    acting.settle()
    return acting


def _nameless_paths():
    """What can be asked for without naming anything, with names of the configuration filled in."""
    for method, path, operation in OPERATIONS:
        inside = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
        if method == "GET" and set(inside) <= NAMELESS.keys():
            yield re.sub(r"\{(\w+)\}", lambda found: NAMELESS[found[1]][0], path)


def _look(service, path):
    return stranger(service).ask("GET", path)


def drawn(chance, operation, names):
    """One request: parameters by place, once with the owner's names and once with nobody's."""
    method, path, described = operation
    theirs = {"path": {}, "query": {}, "header": {}}
    nobodys = {"path": {}, "query": {}, "header": {}}
    for parameter in described.get("parameters", ()):
        name, place = parameter["name"], parameter["in"]
        if not (parameter.get("required") or chance.random() < _SHARE):
            continue
        if name in names:
            theirs[place][name] = chance.choice(names[name])
            nobodys[place][name] = never(name, theirs[place][name])
        else:
            theirs[place][name] = nobodys[place][name] = chance.choice(NAMELESS[name])
    body = (None, None, None)
    if "requestBody" in described:
        body = chance.choice(bodies_of(method, path, names))
    return theirs, nobodys, body


def bodies_of(method, path, names):
    """Kind, body with what is the owner's, and with the like that nobody has."""
    if (method, path) not in NAMING:
        return BODIES[method, path]
    parameter, text = NAMING[method, path]
    return [
        (
            "application/json",
            text.format(name).encode(),
            text.format(never(parameter, name)).encode(),
        )
        for name in names[parameter]
    ]


def send(who, operation, values, kind, body):
    """Send a request that was drawn; its answer, or what became of what was accepted."""
    method, path, _ = operation
    headers = {**values["header"], **({"Content-Type": kind} if kind else {})}
    answer = who.ask(
        method,
        path.format_map(values["path"]),
        params=values["query"],
        headers=headers,
        content=body,
    )
    return who.followed(answer)


def named_in(values, body):
    """All that a request named of anybody's, as texts that its answer may repeat."""
    found = [
        value for place in values.values() for name, value in place.items() if name not in NAMELESS
    ]
    text = (body or b"").decode("latin-1")
    return found + [url for url in URLS if url in text]


def compared(owner, first, second, operation, request):
    """The answers to two who ask, and what of the owner's stands in the first of them."""
    theirs, nobodys, (kind, their_body, nobodys_body) = request
    one = send(first, operation, theirs, kind, their_body)
    other = send(second, operation, nobodys, kind, nobodys_body)
    asked_for = named_in(theirs, their_body)
    hashes = {} if not their_body else set(owner.names["image_hash"])
    told = [
        secret
        for secret in owner.secrets()
        if secret in one.text and secret not in asked_for and secret not in hashes
    ]
    return plain(one, asked_for), plain(other, named_in(nobodys, nobodys_body)), told


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
def test_what_is_anothers_is_as_if_it_were_not_there(owner, operation):
    """Status, headers and body, wherever it is named."""

    # Threads of the service use chance, too, so that this one has its own.
    chance = random.Random(str(operation[:2]))
    for _ in range(_REQUESTS):
        request = drawn(chance, operation, owner.names)
        first, second, told = compared(
            owner, stranger(owner.service), stranger(owner.service), operation, request
        )

        assert first == second, request
        assert [] == told, request
    assert owner.seen == owner.view()


def test_what_names_nothing_is_as_before_there_was_an_owner(owner):
    """How much waits, how far variants agree, what is listed: of all that, a stranger has none."""
    assert len(owner.before) > 8
    for path, before in owner.before.items():
        assert before == plain(_look(owner.service, path)), path


def test_a_picture_that_waits_is_not_shared(tmp_path):
    """Within a tenant the second job of it follows the first; another tenant's does not."""
    with api_service.service(tmp_path, works=False, **UNCOUNTED) as service:
        owner, other, nobody = Owner(service, OWNER), stranger(service), stranger(service)
        first = owner.post(picture("good 1")).json()
        second = owner.post(picture("good 1")).json()
        jobs = service.parts.store.jobs

        assert UUID(first["id"]) == jobs.get(OWNER, UUID(second["id"])).leader_id
        answer = other.post(picture("good 1"))
        assert plain(answer) == plain(nobody.post(picture("good 2")))
        assert jobs.get(other.name, UUID(answer.json()["id"])).leader_id is None
        assert plain(other.get("/queues")) == plain(nobody.get("/queues"))


def test_how_much_others_ask_is_not_told(tmp_path):
    """Though the limit of all together is nearer than that of each."""
    limits = UNCOUNTED | {"rate_global": "60/hour", "rate_key": "1000/hour"}
    with api_service.service(tmp_path, works=False, **limits) as service:
        before = stranger(service).get("/version").headers["RateLimit"]
        owner = Owner(service, OWNER)
        assert {200} == {owner.get("/version").status_code for _ in range(30)}
        after = stranger(service).get("/version").headers["RateLimit"]

    assert before.partition(";t=")[0] == after.partition(";t=")[0] == '"key";r=999'


def test_a_result_is_not_taken_from_another_tenant(acting):
    """Neither the very same picture's, nor one that looks alike."""
    for wish in ({}, {"options": '{"near_duplicates": true}'}):
        known = acting.done(acting.data[0], **wish)

        assert "cached" == known["answer"]
        assert "analysed" == stranger(acting.service).done(acting.data[0], **wish)["answer"]


class TestTheseTests:
    """A hole would be seen."""

    @pytest.mark.parametrize(
        "operation",
        [one for one in OPERATIONS if one[0] == "GET" and "{" in one[1] and "{a}" not in one[1]],
        ids=lambda one: one[1],
    )
    def test_who_may_see_gets_another_answer(self, acting, operation):
        """Planted: the owner in the place of the first stranger."""
        request = drawn(random.Random(1), operation, acting.names)
        first, second, _ = compared(acting, acting, stranger(acting.service), operation, request)

        assert first[0] < 400 <= second[0]

    def test_a_cached_answer_would_be_seen(self, acting):
        """Planted: somebody for whom it was analysed already."""
        operation = next(one for one in OPERATIONS if one[1] == f"{API}/analyse")
        body = next(one for one in BODIES["POST", f"{API}/analyse"] if one[0] == "image/png")
        empty = {"path": {}, "query": {"wait": "30"}, "header": {}}
        first, second, _ = compared(
            acting, acting, stranger(acting.service), operation, (empty, empty, body)
        )

        assert first != second

    def test_an_exported_result_would_be_seen(self, acting):
        """Planted: somebody whose it is."""
        operation = next(one for one in OPERATIONS if one[1] == f"{API}/results/export")
        request = drawn(random.Random(1), operation, acting.names)
        first, second, _ = compared(acting, acting, stranger(acting.service), operation, request)

        assert ("0", "1") == (first[1]["results-left-out"], second[1]["results-left-out"])
        assert first[2]
        assert not second[2]

    def test_the_owner_can_do_what_strangers_cannot(self, tmp_path):
        """All that changes something finds what the names stand for."""
        with api_service.service(
            tmp_path, variants=(api_service.shadow_variant(),), pictures=PICTURES, **UNCOUNTED
        ) as service:
            owner = Owner(service, OWNER)
            owner.settle()
            names = owner.names
            found = [
                owner.ask(method, API + path, **more).status_code
                for method, path, more in (
                    ("POST", f"/jobs/{names['job_id'][1]}/retry", {}),
                    ("POST", f"/results/{names['result_id'][0]}/feedback", _FEEDBACK),
                    ("GET", f"/subjects/{TAG}/export", {}),
                    ("DELETE", f"/subjects/{TAG}", {}),
                    ("GET", f"/subjects/{TAG}/export", {}),
                    ("DELETE", f"/batches/{names['batch_id'][0]}", {}),
                    ("DELETE", f"/jobs/{names['job_id'][4]}", {}),
                    ("DELETE", f"/pictures/{names['image_hash'][1]}", {}),
                    ("GET", f"/results/{names['result_id'][1]}", {}),
                    ("DELETE", f"/tenants/{OWNER}", {}),
                )
            ]

        assert [200, 201, 200, 200, 404, 204, 204, 200, 404, 200] == found


_FEEDBACK = {"json": {"label": "studio"}}
