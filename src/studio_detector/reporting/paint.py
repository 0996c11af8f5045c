"""Colour on a terminal, as a function that text builders are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

#: What a piece of text is, as far as colour goes.
Style: TypeAlias = Literal["studio", "natural", "uncertain", "failure", "strong", "faint"]

#: Turns text of a style into what is written.
Paint: TypeAlias = Callable[[str, Style], str]

# Select Graphic Rendition codes of ECMA-48. Blue and yellow instead of red and green, so
# that the colour-blind can tell the two lights apart; the words say it anyway.
_CODES: dict[Style, str] = {
    "studio": "1;34",
    "natural": "1;33",
    "uncertain": "1;35",
    "failure": "1;31",
    "strong": "1",
    "faint": "2",
}


def plain(text: str, style: Style) -> str:
    """Leave the text as it is."""
    del style
    return text


def ansi(text: str, style: Style) -> str:
    """Wrap the text in the escape sequences of its style."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
