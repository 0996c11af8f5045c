"""One way to say who one is, and never two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access.access_examples import AUDIENCE, ISSUER, bearer, head_of
from service.access.signing_sender import Sender
from studio_detector.errors import AccessError, ConfigError
from studio_detector.service.access.key_text import new_id, new_key
from studio_detector.service.access.open import open_authenticator
from studio_detector.service.access.roles import Role
from studio_detector.service.settings import ServiceSettings


@pytest.fixture
def key_file(tmp_path, issuer):
    path = tmp_path / "keys.json"
    path.write_bytes(issuer.key_set())
    return path


@pytest.fixture
def make(store, secret):
    opened = []

    def make(**changes):
        authenticator = open_authenticator(ServiceSettings(**changes), store, secret)
        opened.append(authenticator)
        return authenticator

    yield make
    for authenticator in opened:
        authenticator.close()


@pytest.fixture
def authenticator(make, key_file):
    return make(jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=str(key_file))


@pytest.fixture
def sender(api_keys, clock):
    clock.now = clock.now.replace(microsecond=0)
    return Sender(api_keys.create(tenant="signs", is_signing=True), clock)


def refused(authenticator, head, code="unauthenticated"):
    with pytest.raises(AccessError) as caught:
        authenticator.authenticate(head)
    assert caught.value.code == code
    try:
        assert authenticator.recall(head) is None
    except AccessError as error:
        assert error.code == code  # noqa: PT017 - either will do
    return caught.value.message


def test_each_way_is_recognised(authenticator, api_keys, issuer, sender):
    key = api_keys.create(tenant="shows").secret
    ways = {
        "shows": head_of(bearer(key)),
        "acme": head_of(bearer(issuer.token())),
        "signs": sender.signed(None).head(),
    }
    found = {tenant: authenticator.authenticate(head) for tenant, head in ways.items()}
    assert [tenant for tenant in found if found[tenant].principal.tenant == tenant] == [*ways]
    assert [recognised.body is not None for recognised in found.values()] == [False, False, True]


def test_what_was_recognised_is_recalled_without_waiting(authenticator, api_keys, issuer, sender):
    for head in (head_of(bearer(api_keys.create().secret)), head_of(bearer(issuer.token()))):
        assert authenticator.recall(head) is None
        found = authenticator.authenticate(head)
        assert authenticator.recall(head) == found
    assert authenticator.recall(sender.signed(None).head()) is None


def test_who_says_nothing_is_nobody(authenticator):
    assert authenticator.authenticate(head_of()) is None
    assert authenticator.recall(head_of()) is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda one, two: [bearer(one), bearer(two)], id="two keys"),
        pytest.param(lambda one, _: [bearer(one), bearer(one)], id="the same twice"),
        pytest.param(lambda one, _: [bearer(one), ("authorization", "")], id="an empty one"),
        pytest.param(lambda one, _: [bearer(one), ("signature", "s=:AA==:")], id="signature"),
        pytest.param(lambda one, _: [bearer(one), ("signature-input", "s=()")], id="its input"),
        pytest.param(
            lambda one, two: [("authorization", f"Bearer {one}, Bearer {two}")], id="a list"
        ),
        pytest.param(lambda one, two: [("authorization", f"Bearer {one} {two}")], id="two words"),
    ],
)
def test_whoever_says_two_things_is_refused(authenticator, api_keys, headers):
    one, two = (api_keys.create().secret for _ in range(2))
    refused(authenticator, head_of(*headers(one, two)))


def test_a_good_key_does_not_help_a_good_signature(authenticator, api_keys, sender):
    key = api_keys.create().secret
    message = sender.signed(None, headers={"Authorization": f"Bearer {key}"})
    refused(authenticator, message.head())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "bearer",
        "Basic YTpi",
        "Token KEY",
        "KEY",
        "BearerKEY",
        "Bearer\tKEY",
        "Bearer KEY\n",
        "Bearer KEY;",
        "Bearer \u212aEY",
        "Bearer KEY\0",
        "Digest username=KEY",
    ],
)
def test_only_the_form_of_bearers_is_taken(authenticator, api_keys, value):
    key = api_keys.create().secret
    refused(authenticator, head_of(("authorization", value.replace("KEY", key))))


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {}", " Bearer {} "])
def test_capitals_and_spaces_around_make_no_difference(authenticator, api_keys, form):
    key = api_keys.create(role=Role.VIEWER).secret
    head = head_of(("authorization", form.format(key)))
    assert authenticator.authenticate(head).principal.actor.startswith("key:")


def test_keys_elsewhere_are_not_looked_for(authenticator, api_keys):
    key = api_keys.create().secret
    for head in (
        head_of(("x-api-key", key)),
        head_of(("cookie", f"key={key}")),
        head_of(("proxy-authorization", f"Bearer {key}")),
        head_of(url=f"https://detector.example/api/v1/jobs?api_key={key}&access_token={key}"),
        head_of(url=f"https://{key}@detector.example/api/v1/jobs"),
    ):
        assert authenticator.authenticate(head) is None


def test_the_private_half_of_a_pair_is_no_bearer(authenticator, api_keys):
    issued = api_keys.create(is_signing=True)
    lines = issued.secret.strip().split("\n")
    for text in (lines[1], issued.key.id, issued.key.public_key, new_key(issued.key.id).text):
        refused(authenticator, head_of(bearer(text)))


def test_without_an_issuer_no_token_is_taken(make, issuer):
    assert "not taken" in refused(make(), head_of(bearer(issuer.token())))


def test_no_message_repeats_what_was_sent(authenticator, issuer, sender):
    key = new_key(new_id()).text
    token = issuer.token(aud="other")
    message = sender.signed(None, nonce="very-secret-nonce", headers={"X": "1"})
    message.headers["Signature"] = "pyhms=:c2VjcmV0:"
    for head, code in (
        (head_of(bearer(key)), "unauthenticated"),
        (head_of(bearer(token)), "unauthenticated"),
        (message.head(), "signature_invalid"),
    ):
        said = refused(authenticator, head, code)
        assert not [word for word in (key, token, "secret") if word in said]


def test_keys_of_the_issuer_that_cannot_be_had_are_our_fault(make, issuer, tmp_path):
    authenticator = make(
        jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=str(tmp_path / "missing.json")
    )
    refused(authenticator, head_of(bearer(issuer.token())), "auth_unavailable")


def test_a_file_of_keys_has_a_bound(make, issuer, tmp_path):
    path = tmp_path / "large.json"
    path.write_bytes(issuer.key_set() + b" " * 300_000)
    authenticator = make(jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=str(path))
    refused(authenticator, head_of(bearer(issuer.token())), "auth_unavailable")


@pytest.mark.parametrize("place", ["https://user:pw@id.example/keys", "https://0x7f.1/keys"])
def test_an_address_of_keys_with_two_readings_is_refused_at_the_start(make, place):
    with pytest.raises(ConfigError) as caught:
        make(jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=place)
    assert "jwt_keys" in caught.value.message


@given(st.text(max_size=100))
def test_no_header_makes_it_fail_otherwise_than_by_refusal(value):
    """Those that are not of the form; the rest is tried where keys and tokens are."""
    from studio_detector.service.access.authenticate import _bearer

    try:
        found = _bearer(head_of(("authorization", value)))
    except AccessError:
        return
    assert found
    assert found.isascii()
