"""Signatures are those of Standard Webhooks 1.0.0; its own library is the oracle."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.client.webhook import parse_secret, signature, verify
from studio_detector.errors import ConfigError, RequestError
from studio_detector.service.callbacks.sign import Signer, new_secret

# The example of the specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
PAYLOAD = b'{"test": 2432232314}'
KEYS = st.binary(min_size=24, max_size=64)


def written(key, *, padded=True):
    text = base64.b64encode(key).decode()
    return "whsec_" + (text if padded else text.rstrip("="))


def signed(*secrets, payload=PAYLOAD, timestamp=TIMESTAMP, message_id=MESSAGE_ID):
    return Signer.of(secrets).headers(message_id, timestamp, payload)


def refusal(headers, *, payload=PAYLOAD, secrets=SECRET, now=TIMESTAMP, **options):
    with pytest.raises(RequestError) as caught:
        verify(payload, headers, secrets, now=now, **options)
    assert caught.value.code == "signature_invalid"
    return caught.value.message


def test_the_example_of_the_specification_is_signed_as_it_says():
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(parse_secret(SECRET), MESSAGE_ID, TIMESTAMP, PAYLOAD) == expected


@given(key=KEYS, body=st.text(), message_id=st.uuids(), padded=st.booleans())
def test_what_we_sign_the_library_accepts(key, body, message_id, padded):
    payload = json.dumps({"a": body}).encode()
    secret = written(key, padded=padded)
    headers = signed(
        secret, payload=payload, timestamp=int(time.time()), message_id=str(message_id)
    )
    assert standardwebhooks.Webhook(secret).verify(payload, headers) == {"a": body}


@given(key=KEYS, body=st.text(), message_id=st.uuids())
def test_what_the_library_signs_we_accept(key, body, message_id):
    payload, secret = json.dumps({"a": body}), written(key)
    moment = datetime.fromtimestamp(TIMESTAMP, tz=UTC)
    headers = {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": standardwebhooks.Webhook(secret).sign(
            str(message_id), moment, payload
        ),
    }
    assert verify(payload.encode(), headers, secret, now=TIMESTAMP) == {"a": body}


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_secrets_change_both_sides_may_have_either(secret):
    headers = signed(SECRET, OTHER)
    assert len(headers["webhook-signature"].split()) == 2
    assert verify(PAYLOAD, headers, secret, now=TIMESTAMP) == json.loads(PAYLOAD)
    assert verify(PAYLOAD, signed(secret), [OTHER, SECRET], now=TIMESTAMP)
    library = standardwebhooks.Webhook(secret)
    fresh = signed(SECRET, OTHER, timestamp=int(time.time()))
    assert library.verify(PAYLOAD, fresh) == json.loads(PAYLOAD)


def test_case_of_headers_does_not_matter():
    headers = {name.title(): value for name, value in signed(SECRET).items()}
    assert verify(PAYLOAD, headers, SECRET, now=TIMESTAMP)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_refused_by_name(name, value):
    headers = signed(SECRET)
    if value is None:
        del headers[name]
    else:
        headers[name] = value
    assert name in refusal(headers)


def test_a_header_that_comes_twice_is_refused():
    headers = signed(SECRET)
    assert "2 headers webhook-id" in refusal(headers | {"Webhook-Id": MESSAGE_ID})


@pytest.mark.parametrize("off_s", [-301, 301, -10_000, 10_000])
def test_an_old_or_a_future_message_is_refused(off_s):
    refusal(signed(SECRET), now=TIMESTAMP + off_s)


@pytest.mark.parametrize("off_s", [-300, -1, 0, 1, 300])
def test_clocks_may_differ_a_little(off_s):
    assert verify(PAYLOAD, signed(SECRET), SECRET, now=TIMESTAMP + off_s)


def test_the_tolerance_can_be_set():
    assert verify(PAYLOAD, signed(SECRET), SECRET, now=TIMESTAMP + 900, tolerance_s=1000)
    refusal(signed(SECRET), now=TIMESTAMP + 20, tolerance_s=10)


def test_without_a_time_given_the_clock_counts():
    refusal_old = signed(SECRET)
    with pytest.raises(RequestError):
        verify(PAYLOAD, refusal_old, SECRET)
    assert verify(PAYLOAD, signed(SECRET, timestamp=int(time.time())), SECRET)


@pytest.mark.parametrize(
    "text", ["soon", "1614265330.5", "-5", "+1614265330", " 1614265330", "٣", "1" * 400, "0x10"]
)
def test_a_time_that_is_no_whole_number_is_refused(text):
    refusal(signed(SECRET) | {"webhook-timestamp": text})


@pytest.mark.parametrize(
    "text",
    [
        "v1",
        "v1,",
        ",",
        "v1,AAAA",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
        "v1,ä\ud800",
        " ",
        "v1,AAAA " * 1000,
    ],
    ids=ascii,
)
def test_a_signature_that_does_not_fit_is_refused(text):
    refusal(signed(SECRET) | {"webhook-signature": text})


def test_one_signature_that_fits_among_others_is_enough():
    headers = signed(SECRET)
    headers["webhook-signature"] = f"v1a,AAAA v2,x {headers['webhook-signature']} nonsense"
    assert verify(PAYLOAD, headers, SECRET, now=TIMESTAMP)


@given(place=st.integers(0, len(PAYLOAD) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_is_noticed(place, flip):
    changed = bytearray(PAYLOAD)
    changed[place] ^= flip
    refusal(signed(SECRET), payload=bytes(changed))


@pytest.mark.parametrize(
    "change", [{"webhook-id": "msg_other"}, {"webhook-timestamp": str(TIMESTAMP + 1)}]
)
def test_id_and_time_are_signed_as_well(change):
    refusal(signed(SECRET) | change)


def test_the_wrong_secret_is_noticed():
    assert "secret" in refusal(signed(OTHER))


@pytest.mark.parametrize("payload", [b"", b"5", b"[]", b"{", b"\xff", b'"a"', b"[" * 100_000])
def test_a_signed_payload_that_is_no_object_is_told_apart(payload):
    with pytest.raises(RequestError) as caught:
        verify(payload, signed(SECRET, payload=payload), SECRET, now=TIMESTAMP)
    assert caught.value.code == "request_invalid"


@given(st.binary(), st.dictionaries(st.text(), st.text()))
def test_whatever_comes_is_refused_with_a_code(payload, headers):
    refusal(headers, payload=payload)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_not base64 at all, but long enough",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        "whsec_äöü",
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_shown(secret):
    for call in (parse_secret, lambda text: Signer.of([text]), lambda text: verify(b"", {}, text)):
        with pytest.raises(ConfigError) as caught:
            call(secret)
        assert caught.value.code == "config_invalid_value"
        assert len(secret) < 8 or secret[6:] not in caught.value.message


@given(key=KEYS, padded=st.booleans())
def test_a_secret_is_read_padded_or_not(key, padded):
    assert parse_secret(written(key, padded=padded)) == key


def test_new_secrets_are_secrets_and_differ():
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(parse_secret(one)) == 32


def test_a_signer_shows_no_key():
    assert "MfKQ" not in repr(Signer.of([SECRET]))
    assert str(parse_secret(SECRET)) not in repr(Signer.of([SECRET]))


def test_no_secret_at_all_is_a_wrong_setting():
    with pytest.raises(ConfigError, match="callback_secrets"):
        Signer.of([])


def test_a_receiver_needs_only_the_standard_library():
    """A shop that receives callbacks installs no picture library for it."""
    code = (
        "import sys\n"
        "import studio_detector.client.webhook\n"
        "outside = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(sorted(name for name in outside if not name.startswith(('_', 'studio_detector'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
