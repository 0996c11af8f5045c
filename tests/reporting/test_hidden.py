"""Secrets are hidden wherever they stand, and the rest is left to be read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio_detector.reporting.hidden import HIDDEN, without_password, without_secrets

KEY = "sk_Abc123XYZ000_" + "q7" * 24
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
CALLBACK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY}, refused", "key sk_Abc123XYZ000_***, refused"),
        (f"signed with {CALLBACK}.", "signed with whsec_***."),
        (f"Authorization: Bearer {KEY}\nHost: a", "Authorization: ***\nHost: a"),
        (f"(b'authorization', b'Bearer {TOKEN}'), (b'host', b'a')", "(b'authorization', b***), "),
        (f'{{"Authorization": "Basic dTpw", "Host": "{"a"}"}}', '{"Authorization": ***, "Host"'),
        ("Proxy-Authorization: Basic dXNlcjpwdw==", "Proxy-Authorization: ***"),
        ("Signature: sig1=:abcdef:", "Signature: ***"),
        (f"sent Bearer {TOKEN} twice", "sent Bearer *** twice"),
        (f"token {TOKEN} is old", "token *** is old"),
        ("postgresql+psycopg://u:p@ss/w?rd@h:1/d is away", "postgresql+psycopg://u:***@h:1/d is"),
        ("cannot reach 'redis://:hunter2@h/0'", "cannot reach 'redis://:***@h/0'"),
        ("host=h password=hunter2 dbname=d", "host=h password=*** dbname=d"),
        ("{'db_password': 'hunter2'}", "{'db_password': '***'}"),
        ("aws_secret: hunter2, region: x", "aws_secret: ***, region: x"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, shown):
    assert without_secrets(text).startswith(shown)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 INFO studio_detector.service: callback 7c0e: tried https://a.example/b?c=d",
        "the picture of job 0b0f7d4e-5b58-4c92-8a1c-b26a1d0a9f43 is damaged",
        "studio-detector serves at http://127.0.0.1:8000 (http://127.0.0.1:8000/openapi.json)",
        "set service_secret to the same on every machine",
        'Traceback (most recent call last):\n  File "a.py", line 3, in b\nValueError: token',
    ],
)
def test_the_rest_is_left_alone(text):
    assert text == without_secrets(text)


@given(st.text(min_size=8), st.text(), st.text())
def test_a_secret_that_is_known_is_hidden_whatever_it_looks_like(secret, before, after):
    assert secret not in without_secrets(before + secret + after, {secret, "x"}).replace(HIDDEN, "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:p%40ss@h:1/0", "redis://:***@h:1/0"),
        ("amqp://user:p@ss@h", "amqp://user:***@h"),
        ("postgresql://user:a/b@h/d", "postgresql://user:***@h/d"),
        ("postgresql://user:a#b?c@h/d", "postgresql://user:***@h/d"),
        ("postgresql://h/d?user=u&password=hunter2#x", "postgresql://h/d?user=u&password=***#x"),
        ("redis://h?db=1&Password=a", "redis://h?db=1&Password=***"),
        ("sqlite:////srv/a.db", "sqlite:////srv/a.db"),
        ("/srv/keys.json", "/srv/keys.json"),
        ("https://user@h/keys", "https://user@h/keys"),
        ("redis://[::1", "***"),
    ],
)
def test_passwords_in_addresses_are_hidden(url, shown):
    """Whatever the address looks like."""
    assert shown == without_password(url)


@given(st.text(st.characters(exclude_characters="@", exclude_categories=("Cs",)), min_size=1))
@example("a/b:c?d#e")
def test_no_password_shows(password):
    marked = f"mark{password}mark"
    assert marked not in without_password(f"postgresql://user:{marked}@host/name")
