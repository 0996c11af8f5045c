"""Signed requests are recognised once, whole and in time."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import algorithms

from service.access.access_examples import URL
from service.access.signing_sender import COVERED, Sender, refused
from service.store.store_examples import at_once
from studio_detector.errors import AccessError, BusyError
from studio_detector.service.access.roles import SCOPES, Role
from studio_detector.service.access.signed_requests import AHEAD_S

BODY = b'{"a": 1}'
WINDOW_S = 300


def fits(digest, body):
    digest.update(body[:3])
    digest.update(body[3:])
    try:
        digest.finish()
    except AccessError:
        return False
    return True


def test_a_signature_says_who_sent_a_request(signed, sender, issued):
    principal, digest = signed.recognise(sender.signed(BODY).head())
    assert principal.tenant == "acme"
    assert principal.actor == f"key:{issued.key.id}"
    assert principal.scopes == SCOPES[Role.OPERATOR]
    assert fits(digest, BODY)


def test_a_request_without_a_body_needs_no_digest(signed, sender):
    _, digest = signed.recognise(sender.signed(None).head())
    assert fits(digest, b"")


def test_a_body_that_the_head_did_not_promise_does_not_fit(signed, sender):
    _, digest = signed.recognise(sender.signed(None).head())
    assert not fits(digest, b"stowaway")


@pytest.mark.parametrize("body", [b'{"a": 2}', b"", BODY + b" ", BODY[:-1], BODY * 2])
def test_another_body_does_not_fit(signed, sender, body):
    _, digest = signed.recognise(sender.signed(BODY).head())
    assert not fits(digest, body)


def digest_of(body, *names):
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512, "md5": hashlib.md5}
    written = {name: base64.b64encode(make(body).digest()).decode() for name, make in known.items()}
    return ", ".join(f"{name}=:{written[name]}:" for name in names)


@pytest.mark.parametrize(
    "names", [("sha-256",), ("sha-512",), ("sha-256", "sha-512"), ("sha-512", "md5")]
)
def test_digests_of_these_kinds_are_taken(signed, sender, names):
    headers = {"Content-Digest": digest_of(BODY, *names), "Content-Length": "8"}
    message = sender.signed(None, method="POST", headers=headers, covered_component_ids=COVERED)
    _, digest = signed.recognise(message.head())
    assert fits(digest, BODY)
    assert not fits(digest, BODY)


@pytest.mark.parametrize("body", [BODY, b"other"])
def test_of_two_digests_both_must_fit(signed, sender, body):
    field = digest_of(BODY, "sha-256") + ", " + digest_of(b"other", "sha-512")
    headers = {"Content-Digest": field, "Content-Length": "8"}
    message = sender.signed(None, method="POST", headers=headers, covered_component_ids=COVERED)
    _, digest = signed.recognise(message.head())
    assert not fits(digest, body)


@pytest.mark.parametrize(
    "field",
    [
        "",
        "sha-256",
        "sha-256=5",
        "sha-256=:AAAA:",
        'sha-256="text"',
        "sha-256=::",
        "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
        "unixsum=1234",
        "sha-256=(1 2)",
        "sha-256=:not base64:",
        digest_of(BODY, "sha-256") + ", sha-256=:AAAA:",
        digest_of(BODY, "sha-256", "sha-256"),
        digest_of(BODY, "sha-256") + ", sha-512=:AAAA:",
        "SHA-256=" + digest_of(BODY, "sha-256")[8:],
    ],
)
def test_a_digest_that_says_nothing_is_refused(signed, sender, field):
    headers = {"Content-Digest": field, "Content-Length": "8"}
    message = sender.signed(None, method="POST", headers=headers, covered_component_ids=COVERED)
    refused(signed, message.head())


# --- What must be covered ---


@pytest.mark.parametrize("missing", COVERED)
def test_no_part_may_be_left_unsigned(signed, sender, missing):
    covered = tuple(name for name in COVERED if name != missing)
    headers = {"Content-Digest": digest_of(BODY, "sha-256"), "Content-Length": "8"}
    message = sender.signed(None, method="POST", headers=headers, covered_component_ids=covered)
    assert missing in refused(signed, message.head())


@pytest.mark.parametrize(
    "covered",
    [
        ("@method", "@authority", "@path", "@query"),
        ("@method", "@authority", "@path"),
        ("@method", "host", "@target-uri"),
        ("@method", "@scheme", "@target-uri"),
        ("@request-target",),
        (),
    ],
)
def test_nothing_else_stands_for_what_must_be_covered(signed, sender, covered):
    message = sender.signed(None, headers={"Host": "x"}, covered_component_ids=covered)
    refused(signed, message.head())


@pytest.mark.parametrize("component", ['"content-digest";sf', '"content-digest";key="sha-256"'])
def test_a_part_of_the_digest_does_not_stand_for_it(signed, sender, component):
    headers = {"Content-Digest": digest_of(BODY, "sha-256"), "Content-Length": "8"}
    message = sender.signed(
        None, method="POST", headers=headers, covered_component_ids=(*COVERED[:3], component)
    )
    refused(signed, message.head())


@pytest.mark.parametrize(
    "promise", [("content-length", "8"), ("transfer-encoding", "chunked"), ("content-length", "x")]
)
def test_a_body_without_a_digest_is_refused(signed, sender, promise):
    message = sender.signed(None, method="POST")
    head = message.head()
    refused(signed, replace(head, headers=(*head.headers, promise)))


# --- What must not be changed ---


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "PUT"},
        {"method": "GET"},
        {"method": "post"},
        {"url": URL.replace("wait_s=5", "wait_s=6")},
        {"url": URL + "&x=1"},
        {"url": URL.partition("?")[0]},
        {"url": URL.replace("analyze", "batch")},
        {"url": URL.replace("analyze", "%61nalyze")},
        {"url": URL.replace("analyze", "x/../analyze")},
        {"url": URL.replace("https", "http")},
        {"url": URL.replace("detector.example", "evil.example")},
        {"url": URL.replace("detector.example", "detector.example:8443")},
        {"url": URL.replace("detector.example", "detector.example.")},
        {"url": "no address"},
        {"url": ""},
    ],
)
def test_what_was_signed_cannot_be_changed(signed, sender, changes):
    refused(signed, sender.signed(BODY).head(**changes))


def test_the_usual_port_and_capitals_make_no_other_host(signed, sender):
    url = URL.replace("detector.example", "Detector.Example:443")
    message = sender.signed(BODY, url=url)
    assert signed.recognise(message.head())[0].tenant == "acme"


def test_the_digest_field_cannot_be_exchanged(signed, sender):
    message = sender.signed(BODY)
    message.headers["Content-Digest"] = digest_of(b"other", "sha-256")
    refused(signed, message.head())
    head = sender.signed(BODY).head()
    more = ("content-digest", digest_of(b"other", "sha-256"))
    refused(signed, replace(head, headers=(*head.headers, more)))
    refused(signed, replace(head, headers=(more, *head.headers)))


# --- When, and how often ---


@pytest.mark.parametrize(
    ("age_s", "is_taken"),
    [
        (0, True),
        (WINDOW_S, True),
        (WINDOW_S + 1, False),
        (86_400, False),
        (-AHEAD_S, True),
        (-AHEAD_S - 1, False),
        (-86_400, False),
    ],
)
def test_a_signature_is_good_for_a_while(signed, sender, age_s, is_taken):
    head = sender.signed(BODY, age_s=age_s).head()
    if is_taken:
        assert signed.recognise(head)[0].tenant == "acme"
    else:
        assert "clock" in refused(signed, head)


def test_a_sender_may_let_it_expire_earlier(signed, sender, clock):
    expires = clock()
    clock.move(-10)
    head = sender.signed(BODY, expires=expires).head()
    clock.move(9)
    assert signed.recognise(head)[0].tenant == "acme"
    head = sender.signed(BODY, expires=expires).head()
    clock.move(1)
    assert "expired" in refused(signed, head)


@pytest.mark.parametrize("spoil", ["created=", "keyid=", "nonce="])
def test_what_a_signature_must_say_of_itself(signed, sender, spoil):
    message = sender.signed(BODY)
    said = message.headers["Signature-Input"]
    message.headers["Signature-Input"] = ";".join(
        part for part in said.split(";") if not part.startswith(spoil)
    )
    refused(signed, message.head())


def test_without_a_nonce_it_is_refused(signed, sender):
    assert "nonce" in refused(signed, sender.signed(BODY, nonce=None).head())
    assert "nonce" in refused(signed, sender.signed(BODY, nonce="").head())
    assert "nonce" in refused(signed, sender.signed(BODY, nonce="n" * 129).head())
    assert signed.recognise(sender.signed(BODY, nonce="n" * 128).head())


def test_the_same_request_is_good_once(signed, sender, clock):
    message = sender.signed(BODY)
    signed.recognise(message.head())
    for _ in range(3):
        assert "nonce" in refused(signed, message.head())
    clock.move(WINDOW_S - 1)
    assert "nonce" in refused(signed, message.head())


def test_a_nonce_is_remembered_as_long_as_the_request_would_be_taken(signed, sender, store, clock):
    message = sender.signed(BODY, age_s=-AHEAD_S)
    signed.recognise(message.head())
    for _ in range(WINDOW_S + AHEAD_S + 2):
        store.nonces.forget(clock())
        refused(signed, message.head())
        clock.move(1)
    assert "clock" in refused(signed, message.head())


def test_of_many_at_once_one_is_taken(signed, sender):
    head = sender.signed(BODY).head()
    outcomes = at_once(6, lambda _: signed.recognise(head))
    assert sum(isinstance(outcome, AccessError) for outcome in outcomes) == 5


def test_who_cannot_sign_cannot_use_up_the_nonces_of_others(signed, sender):
    good = sender.signed(BODY)
    forged = sender.signed(BODY, nonce="nonce-1", key=Ed25519PrivateKey.generate())
    refused(signed, forged.head())
    assert signed.recognise(good.head())[0].tenant == "acme"


# --- Whose it is ---


@pytest.mark.parametrize("key_id", ["nobody", "", "../../etc/passwd", "k" * 1000, "' OR 1=1 --"])
def test_an_unknown_key_is_refused_like_a_wrong_signature(signed, sender, key_id):
    unknown = refused(signed, sender.signed(BODY, key_id=key_id).head())
    assert unknown == refused(signed, sender.signed(BODY, key=Ed25519PrivateKey.generate()).head())


def test_an_unknown_key_takes_the_work_of_a_wrong_signature(signed, sender, monkeypatch):
    verified = []
    verify = algorithms.ED25519.verify
    monkeypatch.setattr(
        algorithms.ED25519,
        "verify",
        lambda *given, **named: verified.append(1) or verify(*given, **named),
    )
    refused(signed, sender.signed(BODY, key_id="nobody").head())
    refused(signed, sender.signed(BODY, key=Ed25519PrivateKey.generate()).head())
    assert len(verified) == 2


def test_a_key_that_is_shown_signs_nothing(signed, sender, api_keys):
    shown = api_keys.create()
    refused(signed, sender.signed(BODY, key_id=shown.key.id).head())


def test_a_revoked_key_is_refused_at_once(signed, sender, store, issued):
    signed.recognise(sender.signed(BODY).head())
    store.keys.revoke(issued.key.id, store.clock())
    refused(signed, sender.signed(BODY).head())


def test_an_expired_key_is_refused(signed, api_keys, clock):
    clock.now = clock.now.replace(microsecond=0)
    sender = Sender(api_keys.create(is_signing=True, expires_in_s=60), clock)
    signed.recognise(sender.signed(BODY).head())
    clock.move(60)
    refused(signed, sender.signed(BODY).head())


def test_a_key_of_another_tenant_signs_for_that_tenant_alone(signed, sender, api_keys, clock):
    other = Sender(api_keys.create(tenant="other", is_signing=True), clock)
    assert signed.recognise(other.signed(BODY).head())[0].tenant == "other"
    refused(signed, other.signed(BODY, key_id=sender.key_id).head())


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        (algorithms.HMAC_SHA256, b"secret"),
        (algorithms.ECDSA_P256_SHA256, ec.generate_private_key(ec.SECP256R1())),
    ],
)
@pytest.mark.parametrize("include_alg", [True, False])
def test_only_ed25519_is_taken(signed, sender, algorithm, key, include_alg):
    message = sender.signed(BODY, algorithm=algorithm, key=key, include_alg=include_alg)
    refused(signed, message.head())


def test_a_mac_with_the_public_key_is_refused(signed, sender):
    public = sender.private.public_key().public_bytes_raw()
    for include_alg in (True, False):
        message = sender.signed(
            BODY, algorithm=algorithms.HMAC_SHA256, key=public, include_alg=include_alg
        )
        refused(signed, message.head())


def test_uses_are_noted(signed, sender, store, uses, clock, issued):
    signed.recognise(sender.signed(BODY).head())
    uses.close()
    assert store.keys.get(issued.key.id).last_used_at == clock()


def test_while_the_database_is_away_nothing_is_called_a_wrong_signature(
    signed, sender, store, monkeypatch
):
    def away(_):
        raise BusyError("the database gave no answer", code="store_unavailable")

    monkeypatch.setattr(store.keys, "find", away)
    with pytest.raises(BusyError) as caught:
        signed.recognise(sender.signed(BODY).head())
    assert caught.value.code == "store_unavailable"
