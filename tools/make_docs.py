"""Fill the generated parts of the documentation from the code.

Usage: make_docs.py [--check]

A generated part stands between two markers in a file of docs/ or in README.md::

    <!-- NAME:begin -->
    ...
    <!-- NAME:end -->

With --check nothing is written; the exit status is 1 if a part is not as the code would
have it.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import metrics_docs
import openapi
import service_docs
import setting_docs

from studio_detector.analysis.registry import BUILT_IN, Registry
from studio_detector.batch.rows import row_columns
from studio_detector.cli.exits import STATUSES
from studio_detector.cli.main import program
from studio_detector.decision.shipped import load_model
from studio_detector.errors import CODES
from studio_detector.learning.model_card import model_card
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting import grid, measures, tables, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]

# Width of help texts, so that they do not depend on the window of whoever generates them.
_HELP_COLUMNS = 92
_BLOCK = re.compile(
    r"(?P<begin><!-- (?P<name>[a-z-]+):begin -->\n)(?P<body>.*?)(?P<end><!-- (?P=name):end -->)",
    re.DOTALL,
)
_MARKER = re.compile(r"<!-- [a-z-]+:(?:begin|end) -->")


def built_in() -> Registry:
    """The built-in analyses; plugins document themselves."""
    return Registry.of(importlib.import_module(name) for name in BUILT_IN)


def measures_block(page: Path) -> str:
    """The measures of the analysis that the page is named after."""
    return measures.page_table(built_in().get(page.stem).SPEC)


def analyses_block(_: Path) -> str:
    """All analyses with links to their pages."""
    return grid.markdown(
        ("analysis", "phase", "measures", "what it looks at"),
        [
            (
                f"[{spec.title}](analyses/{spec.name}.md)",
                spec.phase,
                str(len(spec.measures)),
                spec.summary,
            )
            for spec in (analysis.SPEC for analysis in built_in())
        ],
    )


def help_block(_: Path) -> str:
    """The help text of every command."""
    return "\n".join(
        f"### {name}\n\n```text\n{text}\n```\n" for name, text in _help_texts(program, None)
    )


def statuses_block(_: Path) -> str:
    """Exit statuses and their meaning."""
    rows = [(str(status), meaning) for status, meaning in STATUSES.items()]
    return grid.markdown(("status", "meaning"), rows)


def columns_block(_: Path) -> str:
    """Columns of the CSV form."""
    return _columns(tables.columns(analysis.SPEC for analysis in built_in()))


def batch_columns_block(_: Path) -> str:
    """Columns of a batch but for the measurements."""
    specs = [analysis.SPEC for analysis in built_in()]
    chosen = row_columns(specs, measurements=False, near_duplicates=True)
    return grid.markdown(
        ("column", "kind", "content"),
        [(f"`{column.name}`", column.kind, column.summary) for column in chosen],
    )


def table_columns_block(_: Path) -> str:
    """Columns of the table for people."""
    return _columns(tables.summary_columns())


def words_block(_: Path) -> str:
    """Words for scores."""
    return grid.markdown(
        ("score", "words"),
        [
            (f"from {words.STUDIO_LIKE:g}", words.score_words(1)),
            (f"from {words.LEANS_STUDIO:g}", words.score_words(words.LEANS_STUDIO)),
            ("between", words.score_words(0.5)),
            (f"up to {words.LEANS_NATURAL:g}", words.score_words(words.LEANS_NATURAL)),
            (f"up to {words.NATURAL_LIKE:g}", words.score_words(0)),
        ],
    )


def errors_block(_: Path) -> str:
    """Every error code."""
    return grid.markdown(
        ("code", "meaning", "HTTP status", "exit status"),
        [
            (f"`{code}`", info.meaning, str(info.http_status), str(info.exit_code))
            for code, info in CODES.items()
        ],
    )


def model_card_block(_: Path) -> str:
    """The card of the default model."""
    specs = [analysis.SPEC for analysis in built_in()]
    return model_card(load_model(Settings().model), specs)


GENERATORS: Mapping[str, Callable[[Path], str]] = {
    "measures": measures_block,
    "analyses": analyses_block,
    "help": help_block,
    "statuses": statuses_block,
    "columns": columns_block,
    "batch-columns": batch_columns_block,
    "table-columns": table_columns_block,
    "words": words_block,
    "settings": lambda _: setting_docs.settings_table(),
    "errors": errors_block,
    "model-card": model_card_block,
    "endpoints": lambda _: service_docs.endpoints_table(),
    "metrics": lambda _: metrics_docs.metrics_tables(),
}

#: Parts that hold measured figures: filled where they are measured, left alone here.
MEASURED = frozenset(
    {
        "figures",
        "goals",
        "bench-goals",
        "bench-stages",
        "bench-candidates",
        "bench-pictures",
        "bench-scaling",
        "bench-rates",
        "bench-processes",
        "drift",
        "capacity-cost",
        "capacity-limits",
        "capacity-needs",
        "capacity-stores",
        "faults",
        "faults-summary",
        "fuzzing",
        "fuzzing-summary",
        "load-curve",
        "load-memory",
        "load-simulated",
        "load-steady",
        "load-summary",
        "service-goals",
        "service-latency",
        "service-machine",
        "service-rates",
        "service-sizes",
        "soak-ends",
        "soak-kinds",
        "soak-shedding",
        "soak-summary",
    }
)


def pages() -> list[Path]:
    """Every file that may hold generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(page: Path) -> str:
    """The text of a page with its generated parts as the code would have them.

    Raises:
        ValueError: If a marker has no partner or nothing generates its part.
    """

    def generate(block: re.Match[str]) -> str:
        name = block["name"]
        if name in MEASURED:
            return block[0]
        if name not in GENERATORS:
            known = ", ".join(GENERATORS)
            raise ValueError(f"{page}: nothing generates {name!r}; known: {known}")
        return f"{block['begin']}\n{GENERATORS[name](page).strip()}\n\n{block['end']}"

    text = page.read_text(encoding="utf-8")
    if len(_MARKER.findall(text)) != 2 * len(_BLOCK.findall(text)):
        raise ValueError(f"{page}: a marker has no partner; write NAME:begin and NAME:end")
    return _BLOCK.sub(generate, text)


def stale() -> dict[Path, str]:
    """Pages that are not as the code would have them, with the text they should have."""
    return {
        page: text for page in pages() if (text := filled(page)) != page.read_text(encoding="utf-8")
    }


def _columns(chosen: Iterable[tables.Column]) -> str:
    return grid.markdown(
        ("column", "content"), [(f"`{column.name}`", column.summary) for column in chosen]
    )


def _help_texts(command: click.Command, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    settings: dict[str, Any] = {
        "terminal_width": _HELP_COLUMNS,
        "help_option_names": ["-h", "--help"],
    }
    with click.Context(command, parent=parent, info_name=command.name, **settings) as context:
        lines = context.get_help().splitlines()
        yield context.command_path, "\n".join(line.rstrip() for line in lines)
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield from _help_texts(inner, context)


def main(arguments: list[str]) -> int:
    """Write the stale pages, or only name them."""
    check = arguments == ["--check"]
    if arguments and not check:
        print(__doc__)
        return 2
    # First, since a part of the pages is made from it.
    is_document_stale = openapi.main(arguments) != 0
    found = stale()
    for page, text in found.items():
        print(f"{page.relative_to(ROOT)}: {'stale, run make docs' if check else 'written'}")
        if not check:
            page.write_text(text, encoding="utf-8")
    return 1 if check and (found or is_document_stale) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
