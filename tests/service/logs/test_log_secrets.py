"""No secret gets into the log, whatever way it takes."""

from __future__ import annotations

import base64
import json
import logging
import secrets
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.logs.written_log import writing
from studio_detector.service.callbacks.sign import new_secret
from studio_detector.service.logs.context import bound
from studio_detector.service.logs.redact import redacted

logger = logging.getLogger("studio_detector.service.some.room")

#: The part that nobody may read.
MARK = "q7Zk" * 8
JWT = f"eyJhbGciOiJFZERTQSJ9.{MARK}.{MARK}"
PEM = f"-----BEGIN PRIVATE KEY-----\n{MARK}\n{MARK}\n-----END PRIVATE KEY-----"
MASTER_KEY = base64.b64encode(MARK.encode()).decode()
#: Texts with a secret in them, as it turns up.
PLANTED = {
    "key of ours": f"sk_0a1b2c_{MARK}",
    "secret of callbacks": f"whsec_{MARK}",
    "header as sent": f"Authorization: Bearer {MARK}",
    "header in a mapping": str({"authorization": f"Basic {MARK}", "host": "h"}),
    "header in pairs": str([(b"authorization", f"Bearer {MARK}".encode())]),
    "bearer": f"sent Bearer {MARK} to them",
    "token": f"the token {JWT} is old",
    "cookie": f"Cookie: session={MARK}",
    "signed request": f"Signature: sig1=:{MARK}:",
    "password of a database": f"postgresql+psycopg://user:{MARK}@db/name is away",
    "password of a broker": f"amqp://guest:p@{MARK}@mq:5672",
    "password of a cache": f"cannot reach 'redis://:{MARK}@cache/0'",
    "user of an address": f"https://{MARK}@pictures.example/a.jpg",
    "user with odd characters": f"https://user:a/b?{MARK}#c@pictures.example/a.jpg",
    "signed address (AWS)": f"https://b.example/a.jpg?X-Amz-Credential={MARK}&X-Amz-Signature=x",
    "signed address (Google)": f"https://b.example/a.jpg?x-goog-signature={MARK}",
    "signed address (Azure)": f"https://b.example/a.jpg?sp=r&sig={MARK}",
    "signed path alone": f"GET /a.jpg?X-Amz-Signature={MARK} failed",
    "unguessable path": f"https://hooks.example/services/T00/{MARK}",
    "fragment": f"https://a.example/#access_token={MARK}",
    "password by name": f"host=db password={MARK} dbname=x",
    "secret in a mapping": str({"service_secret": MARK}),
    "secret in JSON": json.dumps({"client_secret": MARK}),
    "private key": PEM,
    "master key": f"cannot read {MASTER_KEY}",
}


def _bound(text):
    with bound(request_id=text):
        logger.info("x")


def _caused(text):
    error = RuntimeError("it failed")
    error.__cause__ = ConnectionError(text)
    logger.error("a request failed", exc_info=error)


def _noted(text):
    error = ValueError("it failed")
    error.add_note(text)
    logger.error("x", exc_info=error)


WAYS = {
    "message": lambda text: logger.info(text.replace("%", "%%")),
    "argument": lambda text: logger.info("it said: %s", text),
    "argument that is shown": lambda text: logger.info("it said: %r", [text]),
    "field": lambda text: logger.info("x", extra={"code": text}),
    "unknown field": lambda text: logger.info("x", extra={"headers": text}),
    "id": _bound,
    "error": lambda text: logger.error("x", exc_info=ConnectionError(text)),
    "cause of an error": _caused,
    "note of an error": _noted,
    "group of errors": lambda text: logger.error(
        "x", exc_info=ExceptionGroup("several", [ValueError(text)])
    ),
    "library": lambda text: logging.getLogger("uvicorn.error").error("%s", text),
}


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_not_written(make_log, form, way, kind):
    log = make_log(form)
    WAYS[way](PLANTED[kind])

    written = log.getvalue()
    assert written
    for hidden in (MARK, MASTER_KEY[:20]):
        assert hidden not in written


@pytest.mark.parametrize("way", [way for way in WAYS if way != "unknown field"])
def test_the_rest_is_left_to_be_read(log, way):
    """Or nobody could find out what is wrong."""
    WAYS[way]("postgresql+psycopg://user@db/name refused job 7 of tenant a-b.c")

    assert "postgresql+psycopg://user@db/name refused job 7 of tenant a-b.c" in log.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    "secret", ["plain-but-secret", 'quo"ted\\back\n', "sp ace/sl:ash", "ümlaut-\u017fecret"]
)
def test_secrets_of_the_settings_are_hidden_as_others_write_them(make_log, form, secret):
    log = make_log(form)
    log.handler.hide({secret})
    forms = (secret, repr(secret), json.dumps(secret), quote(secret, safe=""))
    logger.info("given %s, %s, %s, %s", *forms)
    logger.error("x", exc_info=ValueError(*forms))

    written = log.getvalue()
    assert "given ***" in written
    for text in (*forms, json.dumps(secret)[1:-1], secret.split()[-1]):
        assert text not in written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.example:8443/b/c.jpg?d=e failed", "https://a.example:8443/*** failed"),
        ("see (http://127.0.0.1:8000)", "see (http://127.0.0.1:8000)"),
        ("http://a.example/", "http://a.example/"),
        ("http://u:p@a.example/x", "http://***@a.example/***"),
        ("http://a.example/x@b.example", "http://***"),
        ("ftp://a.example/b", "ftp://a.example/b"),
    ],
)
def test_of_a_web_address_the_host_is_left(text, shown):
    assert shown == redacted(text)


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
alphabet = st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnopqrstuvwxyz23456789")
bodies = st.text(alphabet, min_size=24, max_size=43)
templates = st.sampled_from(
    [
        "sk_{}",
        "sk_0a1b2c_{}",
        "whsec_{}",
        "Authorization: Bearer {}",
        "authorization={}",
        "Bearer {}",
        "eyJhbGciOiJFZERTQSJ9.{}.c2ln",
        "postgresql://user:{}@host/name",
        "https://user:{}@host/name",
        "https://{}@host/name",
        "https://host/name?X-Amz-Signature={}",
        "https://host/{}",
        "password={}",
        "'db_password': '{}'",
    ]
)
ways = st.sampled_from(sorted(set(WAYS) - {"unknown field"}))


@settings(deadline=None)
@given(words, templates, bodies, words, ways)
def test_no_secret_is_written_whatever_stands_around_it(before, template, body, after, way):
    """Words before it may be anything, but for what would make a larger word of its beginning."""
    assume(body not in before + after)
    with writing() as log:
        WAYS[way](f"{before} {template.format(body)} {after}")
    assert body not in log.getvalue()


@pytest.mark.parametrize("make", [new_secret, lambda: f"sk_{secrets.token_hex(24)}"])
def test_fresh_secrets_are_recognised(log, make):
    found = make()
    logger.info("made %s", found)
    assert found not in log.getvalue()
    assert "***" in log.getvalue()
