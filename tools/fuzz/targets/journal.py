"""The journal of erasures, which a power failure may have cut."""

from __future__ import annotations

from pathlib import Path

from studio_detector.service.erasure.journal import Journal
from tools.fuzz.file import written
from tools.fuzz.target import Target


def check(data: bytes) -> None:
    """What is read can be written again, behind whatever stands there, and is the same."""
    path = Path(written("erasures.jsonl", data))
    found = list(Journal(path).read())
    for erasure in found:
        Journal(path).add(erasure)
    if list(Journal(path).read()) != found + found:
        raise AssertionError(found)


TARGET = Target(title="the journal of erasures", check=check, most_bytes=1024)
