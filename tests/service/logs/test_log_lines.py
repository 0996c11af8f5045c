"""What a line of the log says, in either form; and that writing one never fails."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from studio_detector.service.logs import fields
from studio_detector.service.logs.context import bind, bound, request_id

logger = logging.getLogger("studio_detector.service.some.room")


class Rude:
    """What cannot be written."""

    def __str__(self):
        raise RuntimeError("hunter2-in-an-error")


def fail_with_locals():
    password = "hunter2-in-a-local"
    raise ValueError(f"it has {len(password)} characters")


class TestJson:
    def test_a_line_says_when_how_grave_who_and_what(self, log):
        logger.warning("%d jobs are late", 3)

        (line,) = log.lines()
        assert ["timestamp", "level", "logger", "event"] == list(line)
        assert ("warning", logger.name, "3 jobs are late") == tuple(line.values())[1:]
        age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
        assert line["timestamp"].endswith("Z")
        assert timedelta(0) <= age < timedelta(minutes=1)

    def test_facts_that_are_known_stand_in_it_and_no_others(self, log):
        """Names of files, addresses and whatever libraries hand over have no field."""
        known = {"method": "GET", "status": 200, "duration_ms": 1.5, "bytes": 7, "code": None}
        unknown = {"file_name": "Anna.jpg", "url": "https://h/x", "exif": "Nikon", "data": b"x"}

        logger.info("answered", extra=known | unknown)

        (line,) = log.lines()
        assert {"method": "GET", "status": 200, "duration_ms": 1.5, "bytes": 7} == {
            name: line[name] for name in fields.FACTS if name in line
        }
        assert set(line) <= {*fields.HEAD, *fields.FACTS}

    def test_a_fact_of_another_kind_is_written_as_text(self, log):
        name = UUID(int=7)

        logger.info("x", extra={"code": name})

        assert str(name) == log.lines()[0]["code"]

    def test_an_error_is_one_text_without_local_variables(self, log):
        try:
            fail_with_locals()
        except ValueError:
            logger.exception("a request failed")

        (line,) = log.lines()
        assert line["exception"].startswith("Traceback (most recent call last):")
        assert "fail_with_locals" in line["exception"]
        assert line["exception"].endswith("ValueError: it has 18 characters")
        assert "hunter2" not in log.getvalue()

    def test_what_is_too_long_is_cut_in_the_middle(self, log):
        message = f"a{'b' * 100_000}c"
        logger.error(message, exc_info=ValueError("d" * 100_000 + "e"))

        (line,) = log.lines()
        assert len(line["event"]) < 5_000
        assert line["event"].startswith("ab")
        assert line["event"].endswith("bc")
        assert "(95906 characters)" in line["event"]
        assert len(line["exception"]) < 33_000
        assert line["exception"].endswith("de")

    @pytest.mark.parametrize("name", ["uvicorn.error", "asyncio", "sqlalchemy.pool", "py.warnings"])
    def test_lines_of_libraries_go_the_same_way(self, log, name):
        with bound(request_id="r1"):
            logging.getLogger(name).error("it is %s", "away")

        assert [(name, "it is away", "r1")] == [
            (line["logger"], line["event"], line["request_id"]) for line in log.lines()
        ]


class TestIds:
    def test_lines_carry_them_while_a_block_runs(self, log):
        with bound(request_id="r1", tenant=None):
            bind(tenant="t1")
            logger.info("inside")
            with bound(job_id="j1", tenant="t2"):
                logger.info("further inside")
            logger.info("inside again")
            assert "r1" == request_id()
        logger.info("outside")

        assert [
            {"request_id": "r1", "tenant": "t1"},
            {"request_id": "r1", "job_id": "j1", "tenant": "t2"},
            {"request_id": "r1", "tenant": "t1"},
            {},
        ] == [{name: line[name] for name in fields.IDS if name in line} for line in log.lines()]
        assert request_id() is None

    def test_threads_do_not_mix_them(self, log):
        together = threading.Barrier(4)

        def work(name):
            with bound(job_id=name):
                together.wait(10)
                logger.info("at %s", name)

        threads = [threading.Thread(target=work, args=(f"j{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {f"at j{n}": f"j{n}" for n in range(4)} == {
            line["event"]: line["job_id"] for line in log.lines()
        }

    def test_what_is_no_id_is_not_written(self, log):
        with bound(file_name="Anna.jpg"):
            logger.info("x")

        assert "Anna" not in log.getvalue()


class TestConsole:
    def test_people_read_columns(self, make_log):
        log = make_log("console")
        with bound(request_id="r1"):
            logger.warning("jobs are late", extra={"attempt": 2})

        text = log.getvalue()
        assert 1 == text.count("\n")
        for part in ("warning", "jobs are late", logger.name, "request_id='r1'", "attempt=2"):
            assert part in text
        assert text.isprintable() or text.rstrip("\n").isprintable()

    def test_a_traceback_follows_its_line(self, make_log):
        log = make_log("console")
        try:
            fail_with_locals()
        except ValueError:
            logger.exception("a request failed")

        first, *rest = log.getvalue().splitlines()
        assert "a request failed" in first
        assert rest[0].strip().startswith("Traceback")
        assert "ValueError: it has 18 characters" == rest[-1].strip()
        assert "hunter2" not in log.getvalue()

    @pytest.mark.parametrize(
        ("form", "is_terminal", "is_json"),
        [
            ("auto", False, True),
            ("auto", True, False),
            ("json", True, True),
            ("console", False, False),
        ],
    )
    def test_machines_get_json_and_terminals_columns(self, make_log, form, is_terminal, is_json):
        """Unless another form is asked for."""
        log = make_log(form, is_terminal=is_terminal)
        logger.info("x")

        assert is_json == log.getvalue().startswith('{"timestamp":')

    @pytest.mark.parametrize(
        ("is_terminal", "has_colours", "is_coloured"),
        [(True, True, True), (True, False, False), (False, True, False)],
    )
    def test_colours_are_for_terminals(self, make_log, is_terminal, has_colours, is_coloured):
        log = make_log("console", is_terminal=is_terminal, has_colours=has_colours)
        logger.info("x")

        assert is_coloured == ("\x1b[" in log.getvalue())


class TestFailure:
    @pytest.mark.parametrize("form", ["json", "console"])
    @pytest.mark.parametrize(
        "arguments",
        [("it is %s", Rude()), ("%d", "hunter2-no-number"), ("%s %s", "hunter2-alone"), (Rude(),)],
        ids=["rude argument", "wrong kind", "too few", "rude message"],
    )
    def test_a_line_that_cannot_be_written_is_missed_and_not_shown(
        self, make_log, capsys, form, arguments
    ):
        """Python's own way would print message and arguments as they are."""
        log = make_log(form)
        message, *args = arguments
        # Not by the logger: pytest's own handlers would raise.
        record = logger.makeRecord(logger.name, 20, __file__, 7, message, tuple(args), None)
        log.handler.handle(record)
        logger.info("the next one")

        said = log.getvalue()
        assert "could not be written" in said
        assert "test_log_lines" in said
        assert "the next one" in said
        shown = capsys.readouterr()
        for text in (said, shown.out, shown.err):
            assert "hunter2" not in text

    def test_a_stream_that_is_closed_is_no_error(self, log, capsys):
        log.close()
        logger.info("x")
        assert ("", "") == tuple(capsys.readouterr())

    def test_a_record_without_anything_is_a_line(self, log):
        log.handler.handle(logging.makeLogRecord({}))
        assert "" == log.lines()[0]["event"]

    def test_lines_of_many_threads_are_whole(self, log):
        def work():
            for _ in range(50):
                logger.info("x" * 500)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 200 == len([json.loads(line) for line in log.getvalue().splitlines()])
