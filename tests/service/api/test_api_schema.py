"""The OpenAPI document against the app: what is said is done, and nothing is a defect."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.python.asgi import get_client
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

import api_service

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "service" / "openapi.json"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
KNOWN_URL = "https://example.com/a.png"


@schemathesis.serializer(
    "application/gzip",
    "application/x-compressed-tar",
    "application/x-gzip",
    "application/x-tar",
    "application/x-zip-compressed",
    "application/zip",
    "application/zstd",
)
def _as_it_is(_, value):
    """Archives are bytes like any others."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """A client of an app that has a job, a result and a batch, and their names."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with api_service.service(
        folder,
        pictures={KNOWN_URL: api_service.picture("good 2")},
        max_wait_s=0.05,
        variants=(api_service.shadow_variant(),),
    ) as service:
        service.parts.children.gate.set()
        job = service.post("good 1", params={"subject": "somebody"}).json()
        done = service.get(f"/jobs/{job['id']}", params={"wait": 30}).json()
        while done["result_id"] is None:
            done = service.get(f"/jobs/{job['id']}").json()
        batch = service.http.post(
            f"{api_service.API}/batches", json={"image_urls": [KNOWN_URL, "https://example.com/b"]}
        ).json()
        known = {
            "job_id": done["id"],
            "result_id": done["result_id"],
            "batch_id": batch["id"],
            "name": "backdrop",
            "a": "default",
            "b": "second",
            "tag": "somebody",
        }
        with get_client(service.app) as client:
            yield client, known


# Threads of the app draw random numbers of their own while requests are made up.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@SCHEMA.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_meets_a_defect_or_an_answer_that_is_not_described(case, fuzzed):
    """Requests that fit and requests that do not; every second one names what is there."""
    client, known = fuzzed
    fits = case.meta.generation.mode is GenerationMode.POSITIVE
    if case.path_parameters and fits and case.method != "DELETE":
        case.path_parameters = {name: known[name] for name in case.path_parameters}
    case.call_and_validate(
        base_url="http://testserver",
        session=client,
        # That an archive is one, and a cursor ours, cannot be said in a schema; and nobody is
        # asked for a key here, or few requests would get any further (see test_door_keys.py).
        excluded_checks=[positive_data_acceptance, ignored_auth],
    )


def test_the_committed_document_is_current():
    """Run ``make docs`` where it is not."""
    path = ROOT / "tools" / "openapi.py"
    spec = importlib.util.spec_from_file_location("tools_openapi", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert DOCUMENT.read_text(encoding="utf-8") == tool.text()


def test_every_operation_says_what_can_go_wrong():
    """With problem documents alone, and names that clients can be generated from."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    names = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["summary"]
            assert operation["tags"]
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and path.startswith("/api"):
                    assert ["application/problem+json"] == list(answer["content"])
    assert len(set(names)) == len(names)
