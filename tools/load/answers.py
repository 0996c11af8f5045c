"""What came of each picture that was posted, as the generator writes it down."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Statuses with which a picture was taken.
TAKEN = frozenset({200, 201, 202})


@dataclass(frozen=True, slots=True)
class Answer:
    """One picture. Moments are seconds since 1970.

    Attributes:
        due_s: When it was to be sent.
        sent_s: When it was sent.
        answered_s: When its last answer was there.
        status: Of that answer; 0 if the connection broke.
        tries: Requests that it took.
        job_id: 32 hex digits; empty if it was not taken.
        image_hash: SHA-256 of the picture, hex.
        analysis_ms: Decoding and analysis, if the answer is a result.
        answer_bytes: Length of the answer's body.
    """

    due_s: float
    sent_s: float
    answered_s: float
    status: int
    tries: int
    job_id: str
    image_hash: str
    analysis_ms: float | None
    answer_bytes: int

    @property
    def latency_s(self) -> float:
        """From the moment at which it was due, so that who is sent late has waited, too."""
        return self.answered_s - self.due_s

    @property
    def is_result(self) -> bool:
        """Whether the answer is a result, not only that the picture was taken."""
        return self.status == 200


def line_of(answer: Answer) -> str:
    """One line of the file, without its end."""
    return json.dumps(astuple(answer), separators=(",", ":"))


def read(lines: Iterable[str]) -> list[Answer]:
    """Answers, in the order in which they were due."""
    return sorted((Answer(*json.loads(line)) for line in lines), key=lambda one: one.due_s)


def read_file(path: Path) -> list[Answer]:
    """Answers of a file; see `read`."""
    with path.open(encoding="utf-8") as file:
        return read(file)
