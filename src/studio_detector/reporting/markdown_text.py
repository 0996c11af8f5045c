"""Text from outside inside Markdown: it stands as text, whatever is in it."""

from __future__ import annotations

import re

from studio_detector.reporting.printable import printable

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#~|&!])")
_BACKTICKS = re.compile(r"`+")


def as_text(text: str) -> str:
    """Text that Markdown leaves as it is, on one line."""
    return _PUNCTUATION.sub(r"\\\1", printable(text))


def as_code(text: str) -> str:
    """A code span whatever is in the text: between more backticks than it has in a row."""
    shown = printable(text)
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{gap}{shown}{gap}{fence}"
