"""Text from outside, made safe for a terminal or a spreadsheet."""

from __future__ import annotations

# What spreadsheets take as the start of a formula (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def printable(text: str) -> str:
    r"""Escape everything that a terminal would obey instead of showing.

    Control characters, line ends, bidirectional overrides, other invisible characters and
    bytes that are no valid text become ``\x1b``, ``\n``, ``\u202e`` and ``\xff``. Names of
    ordinary files stay as they are, in any script.

    Args:
        text: A file name or a message that may quote one.

    Returns:
        One line of printable characters. Not meant to be turned back: JSON has the exact text.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def defused(text: str) -> str:
    """Keep a spreadsheet from running a cell: what looks like a formula gets a leading ``'``.

    Args:
        text: The content of a cell.

    Returns:
        The text, with an apostrophe before ``=``, ``+``, ``-``, ``@``, tab and line ends.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8, smuggled by surrogateescape
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
