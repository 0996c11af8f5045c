"""What children are kept by: the watchdog, and errors on their way back."""

from __future__ import annotations

import threading

import pytest

import hostile_json
from studio_detector.errors import ConfigError, LimitError, StudioDetectorError
from studio_detector.imaging.child import describe_error, rebuild_error
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.imaging.watchdog import Watchdog


class TestWatchdog:
    """It bites once for each block that takes too long, and never for another."""

    @pytest.fixture
    def bites(self):
        return threading.Semaphore(0)

    @pytest.fixture
    def dog(self, bites):
        dog = Watchdog(bites.release)
        yield dog
        dog.close()

    def test_it_bites_inside_a_block_that_is_late(self, dog, bites):
        """Also one with a shorter deadline than the one before."""
        with dog.deadline(600):
            pass
        assert not dog.has_bitten
        with dog.deadline(0.01):
            assert bites.acquire(timeout=60)
        with dog.deadline(0.01):
            assert bites.acquire(timeout=60)

        assert dog.has_bitten
        assert not bites.acquire(blocking=False)

    def test_it_lets_blocks_that_end_in_time_alone(self, dog, bites):
        """Deadlines of the past have no teeth: a late block bites first."""
        for _ in range(100):
            with dog.deadline(5):
                pass
        with dog.deadline(0.01):
            assert bites.acquire(timeout=60)

        assert not bites.acquire(blocking=False)

    def test_an_endless_deadline_never_bites(self, dog):
        """And can be closed."""
        with dog.deadline(float("inf")):
            assert not dog.has_bitten

    def test_closing_ends_the_thread(self, bites):
        """Whether it was ever needed or not."""
        before = threading.active_count()
        for is_used in (False, True):
            dog = Watchdog(bites.release)
            if is_used:
                with dog.deadline(600):
                    assert before + 1 == threading.active_count()
            dog.close()

            assert before == threading.active_count()


class TestErrors:
    """Errors cross as plain data."""

    @pytest.mark.parametrize(
        "error",
        [
            LimitError("too large: é", code="limit_pixels"),
            ConfigError("no such model", code="unknown_model"),
        ],
    )
    def test_they_arrive_as_they_left(self, error):
        """Kind, code and message."""
        rebuilt = rebuild_error(describe_error(error))

        assert type(error) is type(rebuilt)
        assert (error.code, error.message) == (rebuilt.code, rebuilt.message)

    @pytest.mark.parametrize(
        "header",
        [
            {"kind": "SystemExit", "code": "memory", "message": ""},
            {"kind": "LimitError", "code": "no such code", "message": ""},
            {"kind": "LimitError"},
            {"kind": ["LimitError"], "code": {"memory": 1}},
            {"kind": StudioDetectorError.__name__, "code": "memory"},
        ],
    )
    def test_what_is_no_error_of_ours_is_refused(self, header):
        """From a process that may say anything."""
        with pytest.raises(FramingError):
            rebuild_error(header)

    def test_a_message_without_error_holds_none(self):
        """As a good answer."""
        assert rebuild_error({"ready": True}) is None


class TestHeaders:
    """JSON as hostile as it comes."""

    @pytest.mark.parametrize("text", hostile_json.TEXTS)
    def test_what_would_break_the_parent_is_refused(self, tmp_path, text):
        path = tmp_path / "pipe"
        path.write_bytes(len(text).to_bytes(4, "big") + bytes(8) + text)
        with path.open("rb") as stream, pytest.raises(FramingError):
            read_message(stream, 0)

    def test_a_number_that_is_none_is_not_sent(self, tmp_path):
        """And nothing of the message is."""
        path = tmp_path / "pipe"
        with path.open("wb") as stream, pytest.raises(ValueError, match="JSON"):
            write_message(stream, {"a": float("nan")})

        assert b"" == path.read_bytes()
