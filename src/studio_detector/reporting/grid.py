"""Rows of cells laid out as aligned text or as a Markdown table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "
# A bar that is not escaped yet: no backslash or an even number of them before it.
_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out in columns of spaces.

    Args:
        header: Names of the columns.
        rows: Cells of one line each, as many as columns.

    Returns:
        One line for the header and each row, without trailing spaces, each ended by a line feed.
    """
    lines = [tuple(header), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in GitHub-flavoured Markdown.

    Args:
        header: Names of the columns.
        rows: Cells, as many as columns; bars and line ends in them are made harmless.

    Returns:
        The table, each line ended by a line feed.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(_markdown_cell, line)) + " |\n" for line in lines)


def _markdown_cell(text: str) -> str:
    return _BAR.sub(r"\1\|", " ".join(text.split()))
