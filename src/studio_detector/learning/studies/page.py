"""The page of a study: Markdown with its picture beside it, the same bytes every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

#: Every study stands on this footing.
_FOOTING = "A report: nothing was chosen by these figures."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; the first column is text, the others are numbers."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, marks, *rows))


def write_page(folder: Path, name: str, *, title: str, parts: Sequence[str], svg: str) -> None:
    """Write ``NAME.md`` and ``NAME.svg``.

    Args:
        folder: Where; made if it does not exist.
        name: Name of both files.
        title: Heading; also what the picture is called where it cannot be seen.
        parts: Paragraphs and tables, in order.
        svg: The picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = [f"# {title}", *parts, f"![{title}]({name}.svg)"]
    (folder / f"{name}.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def made_by(name: str, *, every: int = 1) -> str:
    """The sentence that says which command made the page."""
    module = name.replace("-", "_")
    thinned = "" if every == 1 else f" --every {every}"
    return f"Made by `python -m studio_detector.learning.studies.{module}{thinned}`. {_FOOTING}"


def sample_sentence(photographs: int, studio: int, groups: int, *, every: int = 1) -> str:
    """What was looked at, in one sentence."""
    part = "all" if every == 1 else f"every {_ordinal(every)}"
    return (
        f"{photographs:,} photographs ({studio:,} studio) of {groups} groups: {part} of the "
        "decided ones of the test split."
    )


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent, a dash where there is none."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def number(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """A number, a dash where there is none."""
    if value is None:
        return "-"
    # A tiny negative number must not be written as minus nought.
    return f"{round(value, digits) + 0.0:{'+' if sign else ''}.{digits}f}"


def _ordinal(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")
