"""Signed requests at the door: taken whole and once, or before anything is done with them."""

from __future__ import annotations

import httpx2
import pytest

from api_service import API, NOWHERE, SECRET, picture
from studio_detector.client import Client, RemoteError, RequestSigner, RetryPolicy
from studio_detector.service.access.api_keys import ApiKeys
from studio_detector.service.access.roles import Role


@pytest.fixture
def signer(keyed):
    """Signs for a tenant of its own."""
    keys = ApiKeys(keyed.parts.store, SECRET)
    issued = keys.create(tenant="acme", role=Role.ANALYST, is_signing=True)
    return RequestSigner(issued.key.id, issued.secret)


@pytest.fixture
def transport(keyed):
    """What carries requests into the app."""
    return keyed.http._transport


def signed(signer, method, path, **content):
    """A request of the client's making, signed."""
    request = httpx2.Request(method, f"http://testserver{API}{path}", **content)
    return next(signer.sync_auth_flow(request))


def sent(transport, request, **changes):
    """The answer to a request, of which something was changed on the way."""
    whole = {
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "content": request.content,
    } | changes
    return transport.handle_request(httpx2.Request(**whole))


def code(answer):
    answer.read()
    return answer.status_code, answer.json().get("code")


def test_what_is_signed_is_done_for_who_signed_it(keyed, signer, transport):
    with Client("http://testserver", signer=signer, transport=transport) as client:
        job = client.submit(picture())
        assert client.job(job.id).state == "queued"
    assert keyed.parts.store.jobs.find("acme").items[0].id == job.id
    assert not keyed.parts.store.jobs.find("default").items


def test_another_body_is_refused_and_nothing_is_accepted(keyed, signer, transport):
    request = signed(
        signer, "POST", "/analyse", content=picture(), headers={"Content-Type": "image/png"}
    )
    other = picture("bad 1")
    assert len(other) < len(request.content)
    padded = other + b" " * (len(request.content) - len(other))
    assert (401, "signature_invalid") == code(sent(transport, request, content=padded))
    assert not keyed.parts.store.jobs.find("acme").items


def test_another_address_is_refused(signer, transport):
    for changed in (f"{API}/results", f"{API}/jobs?limit=1"):
        request = signed(signer, "GET", "/jobs")
        assert (401, "signature_invalid") == code(
            sent(transport, request, url=f"http://testserver{changed}")
        )


def test_another_host_is_refused(signer, transport):
    request = signed(signer, "GET", "/jobs")
    headers = {**request.headers, "host": "127.0.0.1"}
    assert (401, "signature_invalid") == code(sent(transport, request, headers=headers))


def test_a_request_is_good_once(signer, transport):
    request = signed(signer, "GET", "/jobs")
    assert 200 == sent(transport, request).status_code
    assert (401, "signature_invalid") == code(sent(transport, request))


def test_a_signature_gives_no_more_than_its_key(signer, transport):
    once = RetryPolicy(tries=1)
    with (
        Client("http://testserver", signer=signer, transport=transport, retries=once) as client,
        pytest.raises(RemoteError) as caught,
    ):
        client.retry(NOWHERE)
    assert caught.value.code == "forbidden"
