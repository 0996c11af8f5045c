"""What sources give: photos, and notes for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photo to analyse.

    Attributes:
        source: Its path; its bytes, where it is a member of an archive; or the stream to read
            it from.
        path: Its name in the report.
    """

    source: str | bytes | BinaryIO
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to tell people about the inputs.

    Attributes:
        text: One line, which may quote names from outside.
    """

    text: str
