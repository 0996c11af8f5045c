"""What is noted of a request: who, which route, on which object; nothing of pictures or people."""

from __future__ import annotations

from uuid import uuid4

import pytest

from service.audit.audit_examples import SECRET, START
from studio_detector.service.access.principal import OPEN, Principal
from studio_detector.service.access.roles import SCOPES, Role
from studio_detector.service.audit.of_request import ObjectNames, entry_of_request
from studio_detector.service.secret import ServiceSecret

NAMES = ObjectNames(SECRET)


def noted(**changes):
    return entry_of_request(
        **(
            {
                "principal": OPEN,
                "method": "GET",
                "template": "/api/v1/jobs/{job_id}",
                "path_params": {},
                "status": 200,
                "address": "192.0.2.1",
                "at": START,
                "names": NAMES,
            }
            | changes
        )
    )


def test_who_asked_for_what_is_noted():
    key = Principal(tenant="a", actor="key:1", scopes=SCOPES[Role.VIEWER])
    job = uuid4()
    entry = noted(principal=key, path_params={"job_id": job})
    assert (entry.tenant, entry.actor, entry.action) == ("a", "key:1", "api.get")
    assert entry.object == f"/api/v1/jobs/{job}"
    assert (entry.address, entry.at) == ("192.0.2.1", START)


def test_a_caller_who_was_not_recognised_is_noted_too():
    entry = noted(principal=None, status=401)
    assert (entry.tenant, entry.actor, entry.outcome) == ("", "unknown", "refused")


def test_an_address_that_does_not_exist_is_not_repeated():
    """A path may hold whatever its sender likes."""
    assert noted(template=None, status=404).object == "unknown"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "allowed"),
        (202, "allowed"),
        (304, "allowed"),
        (401, "refused"),
        (403, "refused"),
        (429, "refused"),
        (404, "failed"),
        (500, "failed"),
    ],
)
def test_the_status_tells_how_it_ended(status, outcome):
    assert noted(status=status).outcome == outcome


@pytest.mark.parametrize("tag", ["Ada Lovelace", "ab" * 32, "", "%00", "a\ud800"])
def test_what_a_caller_wrote_stands_as_a_keyed_hash(tag):
    entry = noted(template="/api/v1/subjects/{tag}/export", path_params={"tag": tag})
    assert entry.object == f"/api/v1/subjects/{NAMES.nameless(tag)}/export"
    assert len(NAMES.nameless(tag)) == 16
    other = ObjectNames(ServiceSecret("another secret, which is long enough too"))
    assert other.nameless(tag) != NAMES.nameless(tag)


@pytest.mark.parametrize("method", ["G" * 9, "X-Y", "Ada\n"])
def test_an_odd_method_is_not_repeated(method):
    assert noted(method=method).action == "api.other"
