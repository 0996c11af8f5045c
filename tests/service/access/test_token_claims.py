"""Tokens of the issuer that are for others, for another time, or too large."""

from __future__ import annotations

import json

import pytest
from joserfc import jws

from service.access.access_examples import AUDIENCE, ISSUER, refusal
from studio_detector.service.access.tokens import MOST_LETTERS


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", None),
        ("iss", ""),
        ("iss", ISSUER + "/"),
        ("iss", ISSUER.upper()),
        ("iss", [ISSUER]),
        ("iss", "https://evil.example"),
        ("iss", {"iss": ISSUER}),
        ("aud", None),
        ("aud", ""),
        ("aud", []),
        ("aud", "other"),
        ("aud", ["other"]),
        ("aud", AUDIENCE + "2"),
        ("aud", AUDIENCE[:-1]),
        ("aud", [[AUDIENCE]]),
        ("aud", [AUDIENCE, 5]),
        ("aud", {AUDIENCE: 1}),
        ("aud", True),
        ("sub", None),
        ("sub", ""),
        ("sub", 5),
        ("sub", ["anna"]),
        ("exp", None),
        ("exp", 0),
        ("exp", -1),
        ("exp", "9999999999"),
        ("exp", True),
        ("exp", [9999999999]),
        ("exp", {}),
        ("nbf", "now"),
        ("nbf", 9999999999),
        ("nbf", True),
        ("iat", 9999999999),
        ("iat", "0"),
        ("iat", [0]),
        ("jti", 5),
        ("cnf", {"jkt": "AAAA"}),
        ("cnf", "AAAA"),
    ],
)
def test_claims_that_are_not_for_us_or_not_for_now(tokens, issuer, claim, value):
    refusal(tokens, issuer.token(**{claim: value}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_moments_that_are_no_numbers(tokens, issuer, claim, number):
    text = json.dumps(issuer.claims(**{claim: 4711})).replace("4711", number)
    refusal(tokens, issuer.token(payload=text))


def test_a_moment_beyond_all_numbers_breaks_nothing(tokens, issuer):
    assert tokens.recognise(issuer.token(exp=10**400)).tenant == "acme"
    refusal(tokens, issuer.token(nbf=10**400))


def test_a_token_of_any_size_costs_little(tokens, issuer, monkeypatch):
    """It is refused by its length, before anything decodes or verifies."""
    monkeypatch.setattr(jws, "deserialize_compact", None)
    large = issuer.token(x="x" * MOST_LETTERS)
    assert len(large) > MOST_LETTERS
    for text in (large, "A" * 10_000_000, "." * 1_000_000, "A." * 100_000):
        assert "8 KiB" in refusal(tokens, text)


def test_the_largest_token_is_taken(tokens, issuer):
    spare = MOST_LETTERS - len(issuer.token(x=""))
    text = issuer.token(x="x" * (spare * 3 // 4))
    assert MOST_LETTERS - 8 < len(text) <= MOST_LETTERS
    assert tokens.recognise(text).tenant == "acme"
