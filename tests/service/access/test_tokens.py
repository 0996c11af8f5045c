"""Good tokens are recognised, and say whose they are."""

from __future__ import annotations

import re

import pytest

from service.access.access_examples import AUDIENCE, refusal
from studio_detector.service.access.issuer_keys import PAUSE_S
from studio_detector.service.access.roles import SCOPES, Role


@pytest.mark.parametrize(
    ("algorithm", "kid"),
    [
        ("RS256", "rsa"),
        ("PS512", "rsa"),
        ("ES256", "ec"),
        ("EdDSA", "ed"),
        ("Ed25519", "ed"),
    ],
)
def test_a_good_token_says_who_sent_it(issuer, make_tokens, algorithm, kid):
    tokens = make_tokens(algorithms=(algorithm,))
    text = issuer.token({"alg": algorithm, "kid": kid})
    assert tokens.recall(text) is None
    principal = tokens.recognise(text)
    assert tokens.recall(text) == principal
    assert principal.tenant == "acme"
    assert principal.scopes == SCOPES[Role.ANALYST]


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_tokens_of_these_types_are_taken(issuer, make_tokens, typ):
    assert make_tokens().recognise(issuer.token({"typ": typ})).tenant == "acme"


def test_a_token_without_a_name_of_its_key_is_taken_if_there_is_one_that_fits(issuer, make_tokens):
    text = issuer.token({"kid": None}, key=issuer.rsa)
    assert make_tokens().recognise(text).tenant == "acme"


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE]])
def test_the_audience_may_be_one_of_several(issuer, make_tokens, audience):
    assert make_tokens().recognise(issuer.token(aud=audience)).tenant == "acme"


def test_the_actor_names_nobody_and_is_always_the_same(issuer, make_tokens):
    tokens = make_tokens()
    actors = [
        tokens.recognise(issuer.token(sub=sub)).actor
        for sub in ("anna@studio.example", "anna@studio.example", "bert@studio.example")
    ]
    assert actors[0] == actors[1] != actors[2]
    assert all(re.fullmatch(r"jwt:[0-9a-f]{16}", actor) for actor in actors)


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("tenant", {"tenant": "acme"}),
        ("studio.tenant", {"studio": {"tenant": "acme"}}),
        ("https://studio.example/tenant", {"https://studio.example/tenant": "acme"}),
        ("a.b.c", {"a": {"b": {"c": "acme"}}}),
        ("a.b", {"a.b": "acme", "a": {"b": "other"}}),
    ],
)
def test_the_tenant_is_where_the_setting_says(issuer, make_tokens, path, claims):
    tokens = make_tokens(tenant_claim=path)
    assert tokens.recognise(issuer.token(**({"tenant": None} | claims))).tenant == "acme"


@pytest.mark.parametrize(
    "tenant",
    [None, "", "Acme", "../x", "a/b", "a" * 65, ".a", 5, True, ["acme"], {"a": "acme"}, "a\n"],
)
def test_a_token_without_a_tenant_is_refused(issuer, make_tokens, tenant):
    assert "tenant" in refusal(make_tokens(), issuer.token(tenant=tenant))


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("viewer", Role.VIEWER),
        (["admin"], Role.ADMIN),
        (["offline_access", "viewer", "operator", 5, None], Role.OPERATOR),
    ],
)
def test_the_highest_role_counts(issuer, make_tokens, said, role):
    tokens = make_tokens(role_claim="realm_access.roles")
    text = issuer.token(realm_access={"roles": said})
    assert tokens.recognise(text).scopes == SCOPES[role]


@pytest.mark.parametrize(
    "role", [None, "", "Admin", "root", 5, [], [["admin"]], {"admin": True}, "viewer admin"]
)
def test_a_token_without_a_role_is_refused(issuer, make_tokens, role):
    assert "role" in refusal(make_tokens(), issuer.token(role=role))


@pytest.mark.parametrize(
    ("claim", "offset", "is_taken"),
    [
        ("exp", -60 + 1, True),
        ("exp", -60, False),
        ("nbf", 60, True),
        ("nbf", 60 + 1, False),
        ("iat", 60, True),
        ("iat", 60 + 1, False),
    ],
)
def test_clocks_may_differ_by_a_minute(issuer, make_tokens, clock, claim, offset, is_taken):
    text = issuer.token(**{claim: int(clock().timestamp()) + offset})
    tokens = make_tokens()
    if is_taken:
        assert tokens.recognise(text).tenant == "acme"
    else:
        words = {"exp": "expired", "nbf": "not yet valid", "iat": "in the future"}
        assert words[claim] in refusal(tokens, text)


def test_a_new_key_of_the_issuer_is_found(issuer, make_tokens):
    data = [issuer.key_set().replace(b'"rsa"', b'"older"')]
    now = [1000.0]
    tokens = make_tokens(load=lambda: data[0], seconds=lambda: now[0])
    text = issuer.token()
    assert "known here" in refusal(tokens, text)
    data[0] = issuer.key_set()
    assert "known here" in refusal(tokens, text)
    now[0] += PAUSE_S
    assert tokens.recall(text) is None
    assert tokens.recognise(text).tenant == "acme"
