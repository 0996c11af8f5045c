"""Text from outside, made safe for a terminal or a spreadsheet."""

from __future__ import annotations

import reprlib

# What spreadsheets take as the start of a formula (OWASP, "CSV injection"), the wide forms of
# Chinese and Japanese keyboards among them.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Ends of lines begin new cells where quotes are not minded, and tabs do.
_BREAKS = ("\t", "\r", "\n")
# Skipped before a formula by some: spaces of every width, none included.
_SKIPPED = " \x00\x0b\x0c\x85\xa0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x2010))
)


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
        The text, with an apostrophe before ``=``, ``+``, ``-``, ``@``, their wide forms, tab and
        line ends, also where only spaces stand before them.
    """
    if text.startswith(_BREAKS):
        return f"'{text}"
    return f"'{text}" if text.lstrip(_SKIPPED).startswith(_FORMULA_STARTS) else text


def shortened(value: object) -> str:
    """Quote a value out of a file of settings, whatever it is and however large.

    Args:
        value: What a parser gave. Aliases in YAML and keys in TOML can unfold to any length and
            depth.

    Returns:
        Its beginning, as Python would write it.
    """
    try:
        return reprlib.repr(value)
    except ValueError:  # a whole number too long to be written
        return f"a huge {type(value).__name__}"


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8, smuggled by surrogateescape
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
