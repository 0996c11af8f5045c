"""What was signed is what is read, in the one way it can be written."""

from __future__ import annotations

import json

import pytest

from service.access.access_examples import b64, refusal


def test_claims_that_were_changed(tokens, issuer):
    header, _, signature = issuer.token().split(".")
    refusal(tokens, f"{header}.{b64(issuer.claims(role='admin'))}.{signature}")


def test_a_header_that_was_changed(tokens, issuer):
    _, claims, signature = issuer.token().split(".")
    header = b64({"typ": "JWT", "alg": "RS256", "kid": "rsa"})
    refusal(tokens, f"{header}.{claims}.{signature}")


def test_a_signature_of_another_token(tokens, issuer):
    one, other = issuer.token(), issuer.token(role="admin")
    refusal(tokens, other.rpartition(".")[0] + "." + one.rpartition(".")[2])


@pytest.mark.parametrize("cut", [1, 2, 43, 85, 86, 340])
def test_a_signature_that_was_cut(tokens, issuer, cut):
    for header in ({}, {"alg": "ES256", "kid": "ec"}, {"alg": "EdDSA", "kid": "ed"}):
        refusal(tokens, issuer.token(header)[:-cut])


@pytest.mark.parametrize(
    "numbers",
    [
        bytes(64),
        bytes(31) + b"\1" + bytes(31) + b"\1",
        b"\xff" * 64,
        bytes(32) + b"\1" * 32,
        b"\1" * 32 + bytes(32),
        bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") * 2,
        bytes.fromhex("3006020100020100"),
        b"",
    ],
    ids=["zeros", "ones", "large", "r zero", "s zero", "the order", "DER", "nothing"],
)
def test_signatures_of_numbers_that_prove_nothing(tokens, issuer, numbers):
    """CVE-2022-21449 took r = s = 0 for anybody's signature."""
    signed = issuer.token({"alg": "ES256", "kid": "ec"}).rpartition(".")[0]
    refusal(tokens, f"{signed}.{b64(numbers)}")
    signed = issuer.token({"alg": "EdDSA", "kid": "ed"}).rpartition(".")[0]
    refusal(tokens, f"{signed}.{b64(numbers)}")


def test_an_ecdsa_signature_in_der(tokens, issuer):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    signed = issuer.token({"alg": "ES256", "kid": "ec"}).rpartition(".")[0]
    der = issuer.ec.private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    refusal(tokens, f"{signed}.{b64(der)}")


def _padded(text):
    head, _, rest = text.partition(".")
    return f"{head}{'=' * (-len(head) % 4) or '='}.{rest}"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_padded, id="padding"),
        pytest.param(lambda text: text + "=", id="padding at the end"),
        pytest.param(lambda text: text + "\n", id="line feed"),
        pytest.param(lambda text: " " + text, id="space"),
        pytest.param(lambda text: text.replace(".", ". ", 1), id="space inside"),
        pytest.param(lambda text: text.replace(".", "\u3002", 1), id="another dot"),
        pytest.param(lambda text: text.replace("_", "/").replace("-", "+") + "+", id="base64"),
        pytest.param(lambda text: text + ".", id="four parts"),
        pytest.param(lambda text: text + "." + text, id="six parts"),
        pytest.param(lambda text: text + ".AAAA.AAAA", id="five parts"),
        pytest.param(lambda text: "." + text, id="an empty first part"),
        pytest.param(lambda text: text.rpartition(".")[0], id="two parts"),
        pytest.param(lambda text: text.rpartition(".")[0] + ".", id="no signature"),
        pytest.param(lambda text: text.split(".")[0] + ".." + text.split(".")[2], id="no claims"),
        pytest.param(lambda text: text.swapcase(), id="other case"),
        pytest.param(lambda _: "..", id="nothing"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda text: text[1:], id="the first letter missing"),
        pytest.param(lambda text: "A" + text, id="a letter too many"),
        pytest.param(lambda text: text[:5] + "\0" + text[5:], id="NUL"),
    ],
)
def test_a_token_in_another_writing(tokens, issuer, spoil):
    refusal(tokens, spoil(issuer.token()))


def test_the_last_letter_of_a_signature_has_one_reading(tokens, issuer):
    """Some decoders pass over its spare bits, so that one token has several writings."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = issuer.token({"alg": "EdDSA", "kid": "ed"})
    tokens.recognise(text)
    for letter in letters.replace(text[-1], ""):
        refusal(tokens, text[:-1] + letter)


@pytest.mark.parametrize(
    "payload",
    [
        '{"tenant": "acme", "tenant": "other", REST}',
        '{"role": "viewer", "role": "admin", REST}',
        '{REST, "exp": 9999999999}',
        '{REST, "x": {"a": 1, "a": 2}}',
        '{REST, "x": NaN}',
        '{REST, "x": -Infinity}',
        "[{REST}]",
        '"text"',
        "null",
        "5",
        "",
        "{REST} {REST}",
        "{REST",
        "[" * 3000,
        '{"a":' * 1000,
    ],
)
def test_claims_with_two_readings_or_none(tokens, issuer, payload):
    rest = json.dumps(issuer.claims())[1:-1]
    refusal(tokens, issuer.token(payload=payload.replace("REST", rest)))


@pytest.mark.parametrize(
    "header",
    [
        '{"alg": "none", "alg": "RS256", "kid": "rsa"}',
        '{"alg": "RS256", "kid": "x", "kid": "rsa"}',
        '[{"alg": "RS256"}]',
        '"alg"',
        "null",
        "[" * 5000,
        "",
        '{"alg": "RS256", "kid": "rsa", "x": NaN}',
    ],
)
def test_headers_with_two_readings_or_none(tokens, issuer, header):
    refusal(tokens, issuer.sign(header, json.dumps(issuer.claims()), "RS256", issuer.rsa))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"crit": []},
        {"crit": "kid"},
        {"crit": None},
        {"crit": ["alg"]},
        {"b64": False},
        {"zip": "DEF"},
        {"enc": "A128GCM"},
    ],
)
def test_extensions_that_a_header_calls_critical_or_that_change_what_is_signed(
    tokens, issuer, header
):
    text = json.dumps({"alg": "RS256", "kid": "rsa"} | header)
    refusal(tokens, issuer.sign(text, json.dumps(issuer.claims()), "RS256", issuer.rsa))


@pytest.mark.parametrize(
    "typ", ["logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", "", None, 5, ["JWT"], {"JWT": 1}]
)
def test_signed_texts_of_the_issuer_that_are_no_tokens(tokens, issuer, typ):
    text = json.dumps({"alg": "RS256", "kid": "rsa", "typ": typ})
    refused = issuer.sign(text, json.dumps(issuer.claims()), "RS256", issuer.rsa)
    refusal(tokens, refused)
