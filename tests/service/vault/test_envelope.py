"""An encrypted picture opens under its own name and key, whole, or not at all."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.vault import envelope
from studio_detector.service.vault.envelope import OVERHEAD_BYTES, DamagedError, seal, unseal

KEY = bytes(range(32))
DATA = b"\xff\xd8\xff a picture"
HASH = hashlib.sha256(DATA).hexdigest()
NAMES = {"tenant": "default", "image_hash": HASH}

# Test cases 13 to 16 of McGrew and Viega, which NIST validates AES-256-GCM by.
_FEFFE9 = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
_D93132 = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_522DC1 = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
VECTORS = [
    ("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    (
        "00" * 32,
        "00" * 12,
        "00" * 16,
        "",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ),
    (
        _FEFFE9,
        "cafebabefacedbaddecaf888",
        _D93132,
        "",
        _522DC1,
        "b094dac5d93471bdec1a502270e3cc6c",
    ),
    (
        _FEFFE9,
        "cafebabefacedbaddecaf888",
        _D93132[:120],
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _522DC1[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]


@pytest.mark.parametrize(("key", "nonce", "plain", "bound", "cipher", "tag"), VECTORS)
def test_what_is_kept_is_aes_256_gcm(monkeypatch, key, nonce, plain, bound, cipher, tag):
    """By the vectors of the standard."""
    monkeypatch.setattr(envelope.secrets, "token_bytes", lambda count: bytes.fromhex(nonce)[:count])
    monkeypatch.setattr(envelope, "_bound", lambda *_: bytes.fromhex(bound))
    kept = seal(bytes.fromhex(key), bytes.fromhex(plain), **NAMES)

    assert f"5344504501{nonce}{cipher}{tag}" == kept.hex()
    assert bytes.fromhex(plain) == unseal(bytes.fromhex(key), kept, **NAMES)


def test_others_who_know_the_form_can_open_it():
    """As docs/service/privacy.md describes it."""
    kept = bytes(seal(KEY, DATA, **NAMES))

    assert b"SDPE\x01" == kept[:5]
    bound = f"default|{HASH}|picture|1".encode()
    assert DATA == AESGCM(KEY).decrypt(kept[5:17], kept[17:], bound)


@given(data=st.binary(max_size=2000), key=st.binary(min_size=32, max_size=32))
def test_what_was_sealed_is_unsealed(data, key):
    """To the byte, and always by so much longer."""
    kept = seal(key, data, **NAMES)

    assert len(data) + OVERHEAD_BYTES == len(kept)
    assert data == unseal(key, kept, **NAMES)


@given(at=st.integers(0, len(DATA) + OVERHEAD_BYTES - 1), bit=st.integers(0, 7))
def test_no_bit_may_change(at, bit):
    """Of head, nonce, picture and tag alike."""
    kept = seal(KEY, DATA, **NAMES)
    kept[at] ^= 1 << bit

    with pytest.raises(DamagedError):
        unseal(KEY, kept, **NAMES)


@given(length=st.integers(0, len(DATA) + OVERHEAD_BYTES - 1))
def test_none_of_it_may_be_missing(length):
    """As a power failure may leave it."""
    with pytest.raises(DamagedError):
        unseal(KEY, bytes(seal(KEY, DATA, **NAMES))[:length], **NAMES)


@given(data=st.binary(max_size=200))
def test_what_others_put_there_is_none(data):
    """A picture as it is, for instance."""
    with pytest.raises(DamagedError):
        unseal(KEY, data, **NAMES)


@pytest.mark.parametrize(
    "other",
    [
        {"tenant": "other"},
        {"image_hash": "0" * 64},
        {"tenant": NAMES["tenant"][:-1], "image_hash": f"t{HASH[:-1]}"},
    ],
)
def test_it_opens_under_its_own_name_alone(other):
    """So nobody shows one tenant the picture of another by moving a file."""
    kept = seal(KEY, DATA, **NAMES)

    with pytest.raises(DamagedError):
        unseal(KEY, kept, **(NAMES | other))


def test_it_opens_by_its_own_key_alone():
    """And by no part of it."""
    kept = seal(KEY, DATA, **NAMES)

    with pytest.raises(DamagedError):
        unseal(KEY[::-1], kept, **NAMES)


def test_the_same_picture_never_looks_the_same():
    """Nonces are by chance."""
    assert 100 == len({bytes(seal(KEY, DATA, **NAMES)) for _ in range(100)})
