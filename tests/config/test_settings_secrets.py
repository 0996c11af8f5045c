"""No secret of any setting is shown: not in lists, not in messages, not by accident."""

from __future__ import annotations

import json

import pytest

from studio_detector.config import render
from studio_detector.config.keys import all_keys
from studio_detector.config.load import Options, assignment_from_text, load_settings
from studio_detector.config.origin import Assignment, Origin
from studio_detector.config.redact import bare_options, redacted, secret_texts
from studio_detector.config.validate import checked
from studio_detector.errors import ConfigError
from studio_detector.service.settings import Secret, ServiceSettings

MARK = "hunter2-planted-Secret"
KEYS = [key for key in all_keys().values() if key.secrecy is not None]
PLAIN = {"broker_url": "embedded://", "database_url": "sqlite:////srv/a.db"}
URLS = (
    f"redis://user:{MARK}@h:1/0",
    f"postgresql+psycopg://user:a/{MARK}@h/name",
    f"postgresql+psycopg://h/name?password={MARK}",
)
#: Words in names of settings that hold secrets.
TELLING = ("secret", "url", "endpoint", "keys", "token", "password")

each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)


def planted(key):
    """Values of the setting that hold the mark."""
    if key.secrecy is Secret.PASSWORD:
        start = "https://user:" if key.name.endswith("jwt_keys") else None
        return [f"{start}{MARK}@h/keys"] if start else list(URLS)
    return [[f"whsec_{MARK}", MARK]] if key.form == "list" else [MARK + "-and-long-enough-too"]


def resolved_with(key, value):
    more = {}
    if key.name == "service.broker_url":
        more["STUDIO_DETECTOR_DATABASE_URL"] = PLAIN["database_url"]
    if key.name == "service.jwt_keys":
        more |= {"STUDIO_DETECTOR_JWT_ISSUER": "i", "STUDIO_DETECTOR_JWT_AUDIENCE": "a"}
    text = json.dumps(value) if isinstance(value, list) else value
    return load_settings(environ={key.variable: text} | more)


def test_every_setting_whose_name_tells_of_a_secret_is_marked_as_one():
    """A new one is thought about."""
    shown = {"service.master_key_hook", "service.rate_key", "service.rates_url"}
    unmarked = {
        name
        for name, key in all_keys().items()
        if name.startswith("service.")
        and any(word in name for word in TELLING)
        and key.secrecy is None
    }
    assert unmarked <= shown


@each_key
@pytest.mark.parametrize("form", [render.as_json, render.as_toml, render.as_rows])
def test_a_list_of_settings_shows_none(key, form):
    for value in planted(key):
        resolved = resolved_with(key, value)
        assert MARK not in str(form(resolved, origin=True))
        assert MARK in str(form(resolved, origin=True, secrets=True))


@each_key
def test_settings_printed_by_accident_show_none(key):
    """In a log, or in the message of an error."""
    for value in planted(key):
        resolved = resolved_with(key, value)
        assert MARK not in repr(resolved)
        assert MARK not in str(resolved.service)


@each_key
def test_the_log_is_told_what_to_hide(key):
    for value in planted(key)[:1]:
        texts = secret_texts(resolved_with(key, value))
        assert any(MARK in text for text in texts)


@each_key
@pytest.mark.parametrize(
    "value", [{"a": MARK}, [[MARK]], [MARK, 5], 5.5, f"{MARK}\0", True], ids=repr
)
def test_a_value_of_the_wrong_kind_is_not_repeated(key, value):
    """The way a file gives it; neither by us nor in what the check said."""
    if isinstance(value, str):
        value = [value, [value]]
    given = Assignment(name=key.name, value=value, origin=Origin("file", "studio.toml:3"))
    with pytest.raises(ConfigError) as caught:
        checked(given)
    assert key.name in caught.value.message
    error = caught.value
    while error is not None:
        assert MARK not in str(error)
        error = error.__cause__


@each_key
def test_a_setting_typed_without_its_value_is_not_repeated(key):
    with pytest.raises(ConfigError) as caught:
        assignment_from_text(f"{key.name}:{MARK}", option="--set")
    assert MARK not in caught.value.message
    with pytest.raises(ConfigError, match="'nonsense'"):
        assignment_from_text("nonsense", option="--set")


def test_a_broker_without_a_database_is_named_by_its_kind():
    with pytest.raises(ConfigError, match="broker_url begins 'redis'") as caught:
        load_settings(environ={"STUDIO_DETECTOR_BROKER_URL": URLS[0]})
    assert MARK not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("studio.toml", f'[service]\nservice_secret = "{MARK}'),
        ("studio.toml", f"[service]\nservice_secret = {MARK}"),
        ("studio.toml", f'service = "{MARK}"'),
        ("studio.toml", f'service_secret = "{MARK}"'),
        ("studio.yaml", f"service:\n  service_secret: '{MARK}"),
        ("studio.yaml", f"service:\n  service_secret: {MARK}: {MARK}"),
        ("studio.yaml", f"service:\n  service_secret: !x {MARK}"),
        ("studio.yaml", f"service:\n  service_secret: !{MARK}"),
        ("studio.yaml", f"service:\n  service_secret: *{MARK}"),
        ("studio.yaml", f"service: '{MARK}'"),
        ("studio.yaml", f"- {MARK}"),
        ("studio.yaml", f"service:\n  service_secret: '{MARK}'\n  service_secret: '{MARK}'"),
    ],
)
def test_a_file_that_cannot_be_used_is_not_quoted(tmp_path, name, text):
    """Parsers show the line they stumbled over."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(Options(file=str(path)))
    assert MARK not in caught.value.message
    assert str(path) in caught.value.message


def test_a_broken_line_of_yaml_is_still_found(tmp_path):
    path = tmp_path / "studio.yaml"
    path.write_text("model: cues\nservice: [\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'<stream end>' \(line 3, column 1\)"):
        load_settings(Options(file=str(path)))


@each_key
def test_a_secret_on_the_command_line_is_noticed(key):
    """Everybody on the machine sees the list of processes."""
    for value in planted(key):
        text = ",".join(value) if isinstance(value, list) else value
        given = assignment_from_text(f"{key.name}={text}", option="--set")
        more = {"STUDIO_DETECTOR_DATABASE_URL": PLAIN["database_url"]}
        if key.name == "service.database_url":
            more = {}
        if key.name == "service.jwt_keys":
            more |= {"STUDIO_DETECTOR_JWT_ISSUER": "i", "STUDIO_DETECTOR_JWT_AUDIENCE": "a"}
        resolved = load_settings(Options(assignments=(given,)), environ=more)
        assert bare_options(resolved) == [(f"--set {key.name}", key.variable)]


def test_an_address_without_a_password_may_stand_there():
    given = assignment_from_text("service.database_url=postgresql://u@h/n", option="--set")
    assert bare_options(load_settings(Options(assignments=(given,)))) == []


def test_what_is_not_secret_is_shown_whole():
    assert redacted("service.host", "0.0.0.0") == "0.0.0.0"
    assert redacted("service.database_url", None) is None
    assert redacted("service.callback_secrets", ()) == ()
    assert "***" not in repr(ServiceSettings())
