"""Whatever is sent as a token, the answer is a refusal and no defect."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.access.access_examples import AUDIENCE, ISSUER, b64
from service.store.store_examples import HandClock
from studio_detector.errors import AccessError
from studio_detector.service.access.claims import ClaimReader
from studio_detector.service.access.issuer_keys import IssuerKeys
from studio_detector.service.access.tokens import Tokens


@given(st.text(max_size=300))
@settings(deadline=None)
def test_no_text_is_a_token(shared_tokens, text):
    with pytest.raises(AccessError):
        shared_tokens.recall(text)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=100))
@settings(deadline=None)
def test_no_bytes_make_it_fail_otherwise_than_by_refusal(shared_tokens, head, claims, end):
    with pytest.raises(AccessError):
        shared_tokens.recall(".".join(map(b64, (head, claims, end))))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c", "zip", "x"]),
        json_values,
        min_size=1,
    )
)
@settings(deadline=None)
def test_no_header_makes_it_fail_otherwise_than_by_refusal(shared_tokens, header):
    """A key's name that nobody knows is refused once its issuer was asked, so not by `recall`."""
    text = b64(json.dumps({"alg": "RS256", "kid": "rsa"} | header))
    with pytest.raises(AccessError):
        shared_tokens.recognise(f"{text}.{b64('{}')}.AAAA")


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nbf", "sub", "tenant", "role", "a.b"]), json_values
    )
)
@settings(deadline=None)
def test_no_signed_claims_make_it_fail_otherwise_than_by_refusal(
    shared_tokens, session_issuer, changes
):
    claims = session_issuer.claims(tenant=None) | changes
    claims["tenant"] = "NO TENANT"
    with pytest.raises(AccessError):
        shared_tokens.recall(session_issuer.token(payload=json.dumps(claims)))


@pytest.fixture(scope="module")
def shared_tokens(session_issuer):
    """For the many tries of hypothesis, which share fixtures."""
    clock = HandClock()
    session_issuer.clock = clock
    keys = IssuerKeys(session_issuer.key_set, ["RS256"], clock=lambda: 0.0)
    keys.current()
    return Tokens(
        issuer=ISSUER,
        audience=AUDIENCE,
        algorithms=["RS256"],
        keys=keys,
        reader=ClaimReader(tenant_claim="tenant", role_claim="role", actor_key=b"k" * 32),
        clock=clock,
    )
