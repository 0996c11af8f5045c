"""Cursors of lists."""

from __future__ import annotations

from studio_detector.service.store.cursors import moment_and_id, moment_and_number, written
from tools.fuzz.choice import chosen, text_of
from tools.fuzz.target import Target

_KIND = "jobs"


def check(data: bytes) -> None:
    """A cursor that is taken stands for what writes it again."""
    read, data = chosen(data, (moment_and_id, moment_and_number))
    moment, mark = read(_KIND, text_of(data))
    if read(_KIND, written(_KIND, moment, mark)) != (moment, mark):
        raise AssertionError((moment, mark))


TARGET = Target(
    title="cursors of lists",
    check=check,
    most_bytes=256,
)
