"""Nobody writes lines of their own into the log, or turns them about on a screen."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.logs.written_log import Log
from studio_detector.service.logs.context import bound

logger = logging.getLogger("studio_detector.service.some.room")

FORGED = "x\n2026-01-01T00:00:00Z [error    ] forged"
EVIL = [
    FORGED,
    "x\r\nforged",
    "x\x1b[2Jforged",
    "x\u202egpj.exe",
    "x\u2028forged",
    "x\u2029forged",
    "x\x85forged",
    "x\0forged",
    "x\u200bforged",
    "x\ud800forged",
]


def written(form, text):
    """One event with a text in every place of it."""
    log = Log(form)
    record = logging.LogRecord(
        logger.name, logging.ERROR, "a.py", 1, "it said %s", (text,), (None, ValueError(text), None)
    )
    record.exc_info = (ValueError, ValueError(text), None)
    record.code = text
    with bound(request_id=text):
        log.handler.handle(record)
    return log.getvalue()


@settings(deadline=None)
@given(st.text(st.characters()))
@example(FORGED)
def test_an_event_is_one_line_of_json(text):
    """ASCII alone; what is read back is what was said."""
    said = written("json", text)

    assert said.isascii()
    assert 1 == said.count("\n")
    assert said.rstrip("\n").isprintable()
    assert "error" == json.loads(said)["level"]


@settings(deadline=None)
@given(st.text(st.characters()))
@example(FORGED)
def test_an_event_is_one_line_and_its_traceback_on_a_terminal(text):
    """All that follows the first line is indented, and nothing in it is obeyed."""
    first, *rest = written("console", text).removesuffix("\n").split("\n")

    for line in (first, *rest):
        assert line.isprintable()
    assert all(line.startswith("    ") for line in rest)


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("text", EVIL)
def test_what_terminals_obey_is_escaped(form, text):
    said = written(form, text).removesuffix("\n").replace("\n    ", "")

    assert [] == [character for character in said if not character.isprintable()]
    assert "forged" in said or "exe" in said


def test_a_name_of_a_logger_or_a_level_is_no_way_in():
    log = Log("console")
    record = logging.makeLogRecord(
        {"name": f"a.{FORGED}", "levelname": FORGED, "levelno": 20, "msg": "x"}
    )
    log.handler.handle(record)

    assert 1 == log.getvalue().count("\n")
