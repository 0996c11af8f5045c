"""No command shows a secret: not in what it prints, not in its log, not to who lists processes."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_detector.cli.main import program
from studio_detector.cli.run import Run
from studio_detector.cli.service.opening import log_to_console
from studio_detector.errors import EXIT_UNAVAILABLE
from studio_detector.imaging.child import Child

MARK = "hunter2-planted-Secret"
NOWHERE = "127.0.0.1:1"
DATABASE = f"postgresql+psycopg://user:{MARK}@{NOWHERE}/name"
KEY = "sk_Abc123XYZ000_" + "q7" * 24


@pytest.fixture
def planted(monkeypatch, tmp_path):
    """Secrets in all settings that hold some, by variables; servers are away."""
    for name, value in {
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": DATABASE,
        "BROKER_URL": f"amqp://user:{MARK}@{NOWHERE}",
        "CACHE_URL": f"redis://user:{MARK}@{NOWHERE}/0",
        "RATES_URL": f"redis://user:{MARK}@{NOWHERE}/1",
        "BLOBS_ENDPOINT": f"http://user:{MARK}@{NOWHERE}",
        "CALLBACK_SECRETS": f"whsec_{MARK}",
        "SERVICE_SECRET": f"{MARK}-that-is-long-enough-to-be-taken",
        "MASTER_KEYS": MARK,
    }.items():
        monkeypatch.setenv(f"STUDIO_DETECTOR_{name}", value)


@pytest.fixture
def log():
    """The log as commands write it, at its most talkative, into a text; put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quieted = (
        "pika",
        "dramatiq",
        "opentelemetry",
        "httpx2",
        "httpcore2",
        "alembic",
        "urllib3",
        "PIL",
    )
    levels = {name: logging.getLogger(name).level for name in quieted}
    root.handlers = []
    log_to_console("debug")
    text = io.StringIO()
    root.handlers[0].stream = text
    yield text
    root.handlers, root.level = handlers, level
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


@pytest.mark.parametrize(
    "words",
    [
        ("config", "show"),
        ("config", "show", "--format", "json", "--origin"),
        ("config", "show", "--format", "toml", "--origin"),
        ("doctor",),
        ("doctor", "--format", "json"),
        ("doctor", "--service"),
        ("jobs", "list"),
        ("jobs", "retry", "--all-dead", "--debug"),
        ("audit", "verify"),
        ("variants", "list"),
        ("rescore",),
        ("serve", "--port", "0", "--log-level", "debug", "--debug"),
        ("worker", "--log-level", "debug", "--debug"),
    ],
    ids=" ".join,
)
def test_no_command_shows_a_planted_secret(words, planted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(program, list(words), catch_exceptions=False)
    assert MARK not in result.output
    assert "Traceback" not in result.output
    if words[0] in {"jobs", "audit", "serve", "worker", "rescore"}:
        assert result.exit_code in {EXIT_UNAVAILABLE, 2}, result.output


def test_a_secret_on_the_command_line_is_warned_of(tmp_path):
    """With the place where it belongs, and without the secret."""
    words = ["jobs", "list", "--data-dir", str(tmp_path), "--database-url", DATABASE]
    result = CliRunner().invoke(program, words, catch_exceptions=False)
    assert "--database-url holds a secret" in result.stderr
    assert "STUDIO_DETECTOR_DATABASE_URL" in result.stderr
    assert MARK not in result.output

    quiet = ["jobs", "list", "--database-url", f"sqlite:///{tmp_path}/x.db"]
    assert "secret" not in CliRunner().invoke(program, quiet, catch_exceptions=False).stderr


def test_a_log_hides_what_looks_like_a_secret(log):
    """In the words, in their arguments and in tracebacks."""
    logger = logging.getLogger("studio_detector.test")
    logger.info("asked with %s by %s", KEY, {"Authorization": f"Bearer {KEY}"})
    logger.error("away", exc_info=ConnectionError(f"cannot reach {DATABASE}"))
    written = log.getvalue()
    assert KEY not in written
    assert MARK not in written
    assert "asked with sk_Abc123XYZ000_***" in written
    assert f"user:***@{NOWHERE}" in written


def test_a_log_hides_the_secrets_of_the_settings(log, planted):
    """Whatever they look like; a command that opens the service tells the log."""
    CliRunner().invoke(program, ["jobs", "list"], catch_exceptions=False)
    logging.getLogger("a.library").warning("I was given %s", f"{MARK}-that-is-long-enough")
    logging.getLogger("a.library").warning("I was given %s", f"{MARK}")
    assert MARK not in log.getvalue()
    assert "I was given ***" in log.getvalue()


@pytest.mark.parametrize("library", ["PIL.TiffImagePlugin", "httpx2", "urllib3.connectionpool"])
def test_a_log_is_spared_what_libraries_tell_of_pictures_and_addresses(log, library):
    """Pillow tells what stands in EXIF; they are heard when something is wrong."""
    logging.getLogger(library).debug("tag: Artist - %s", MARK)
    logging.getLogger(library).info("asked %s", MARK)
    assert "" == log.getvalue()
    logging.getLogger(library).warning("it is odd")
    assert "it is odd" in log.getvalue()


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_is_described_without_secrets(debug):
    run = Run(debug=debug)
    said = []
    run.console = type("Console", (), {"say": staticmethod(said.append)})
    described = run.describe_defect(ConnectionError(f"cannot reach {DATABASE} with {KEY}"))
    assert "user:***@" in described
    assert debug == bool(said)
    for text in (described, *said):
        assert MARK not in text
        assert KEY not in text


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
def test_a_child_shows_no_secret_to_who_lists_processes(planted):
    """Neither in its words nor in what surrounds it."""
    child = Child("studio_detector.imaging.worker", activity="decoding")
    process = Path(f"/proc/{child._process.pid}")
    try:
        assert MARK.encode() not in (process / "cmdline").read_bytes()
        assert MARK.encode() not in (process / "environ").read_bytes()
    finally:
        child.stop()
