"""Of an issuer's set, only keys that are fit to verify are taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from studio_detector.service.access.key_set import MOST_KEYS, read_key_set
from studio_detector.service.settings import TOKEN_ALGORITHMS

EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})


def public(key, **changes):
    return key.as_dict(private=False) | changes


def read(*items, algorithms=TOKEN_ALGORITHMS):
    return read_key_set(json.dumps({"keys": items}).encode(), algorithms)


@pytest.mark.parametrize(
    ("curve", "algorithms"),
    [("P-256", {"ES256"}), ("P-384", {"ES384"}), ("P-521", {"ES512"})],
)
def test_a_curve_is_for_one_algorithm(curve, algorithms):
    (key,) = read(public(ECKey.generate_key(curve))).keys
    assert key.algorithms == algorithms


def test_a_key_is_for_its_kind_of_algorithm_alone(issuer):
    keys = {
        key.kid: key.algorithms for key in read_key_set(issuer.key_set(), TOKEN_ALGORITHMS).keys
    }
    assert keys == {
        "rsa": {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
        "ec": {"ES256"},
        "ed": {"EdDSA", "Ed25519"},
    }


def test_a_key_that_names_its_algorithm_is_for_that_alone(issuer):
    (key,) = read(public(issuer.rsa, alg="PS256")).keys
    assert key.algorithms == {"PS256"}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(OctKey.generate_key(256).as_dict(private=True), id="a secret"),
        pytest.param(EC.as_dict(private=True), id="a private key"),
        pytest.param(public(EC, use="enc"), id="for encryption"),
        pytest.param(public(EC, key_ops=["sign"]), id="not for verifying"),
        pytest.param(public(EC, key_ops=[]), id="for nothing"),
        pytest.param(public(EC, alg="ES384"), id="for an algorithm of another curve"),
        pytest.param(public(EC, alg="HS256"), id="for a symmetric algorithm"),
        pytest.param(public(EC, alg="none"), id="for no algorithm"),
        pytest.param(public(EC, kid=5), id="kid is no text"),
        pytest.param(public(EC, x="AAAA"), id="not on the curve"),
        pytest.param(public(EC, x=5), id="x is no text"),
        pytest.param(public(EC, crv="P-999"), id="an unknown curve"),
        pytest.param(public(ECKey.generate_key("secp256k1")), id="the curve of coins"),
        pytest.param(public(OKPKey.generate_key("X25519")), id="for agreeing on keys"),
        pytest.param(public(OKPKey.generate_key("Ed448")), id="a curve that is not taken"),
        pytest.param({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, id="a tiny modulus"),
        pytest.param({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}, id="of the future"),
        pytest.param({}, id="empty"),
        pytest.param([], id="a list"),
        pytest.param("x", id="a text"),
        pytest.param(None, id="null"),
    ],
)
def test_what_must_not_verify_is_left_out(item):
    found = read(item, public(ED))
    assert [key.kid for key in found.keys] == ["ed"]
    assert found.left_out == 1


@pytest.mark.parametrize("bits", [1024, 1536])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_short_rsa_keys_are_left_out(bits):
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = RSAKey.import_key(rsa.generate_private_key(65537, bits).public_key())
    assert read(public(short), public(ED)).left_out == 1


def test_an_rsa_key_with_a_weak_exponent_is_left_out(issuer):
    assert read(public(issuer.rsa, e="AQ"), public(ED)).left_out == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": 5}',
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "k": "AAAA"}]}',
        b'{"keys": [], "keys": []}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"<html>not found</html>",
        json.dumps({"keys": [public(ED)] * (MOST_KEYS + 1)}).encode(),
    ],
)
def test_what_is_no_useful_set_is_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        read_key_set(data, TOKEN_ALGORITHMS)


def test_keys_for_algorithms_that_are_not_taken_are_left_out(issuer):
    found = read_key_set(issuer.key_set(), ["EdDSA"])
    assert [key.kid for key in found.keys] == ["ed"]


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=8), st.lists, max_leaves=8))
@settings(deadline=None)
def test_no_value_of_a_member_makes_reading_fail(value):
    for name in ("kty", "kid", "use", "key_ops", "alg", "crv", "x", "y"):
        found = read(public(EC, **{name: value}), public(ED))
        assert len(found.keys) in {1, 2}


def test_a_key_is_found_by_name_and_algorithm(issuer):
    keys = read_key_set(issuer.key_set(), TOKEN_ALGORITHMS)
    assert keys.find("rsa", "RS256").kid == "rsa"
    assert keys.find(None, "ES256").kid == "ec"
    assert keys.find("rsa", "ES256") is None
    assert keys.find("other", "RS256") is None


def test_without_a_name_a_key_must_be_the_only_one_of_its_kind():
    second = OKPKey.generate_key("Ed25519", {"kid": "ed2"})
    keys = read(public(ED), public(second))
    assert keys.find(None, "EdDSA") is None
    assert keys.find("ed2", "EdDSA").kid == "ed2"


def test_a_name_that_two_keys_of_a_kind_have_names_none():
    second = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    assert read(public(ED), public(second)).find("ed", "EdDSA") is None
    assert read(public(ED), public(EC, kid="ed")).find("ed", "EdDSA") is not None
