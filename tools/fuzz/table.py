"""The table of the last run of every target."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown
from tools.faults.table import fill
from tools.fuzz import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ROOT = Path(__file__).resolve().parents[2]
RESULTS = _ROOT / "tools" / "fuzz" / "results.json"
PAGE = _ROOT / "docs" / "service" / "fuzzing.md"

_HEADER = ("what is read", "target", "day", "search", "seconds", "inputs", "findings")


def merged(old: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Results with new rows in the places of older ones, by target."""
    by_name = {row["target"]: row for row in (*old.get("targets", ()), *rows)}
    return {"targets": [by_name[name] for name in catalogue.names() if name in by_name]}


def table(results: Mapping[str, Any]) -> str:
    """The table in Markdown."""
    return markdown(_HEADER, [_line(row) for row in results["targets"]])


def summary(results: Mapping[str, Any]) -> str:
    """All rows added up, in a sentence."""
    rows = results["targets"]
    seconds, executions, findings = (
        sum(row[key] for row in rows) for key in ("seconds", "executions", "findings")
    )
    days = sorted({row["measured"][:10] for row in rows})
    return (
        f"{len(rows)} targets, {executions:,} inputs in {seconds / 60:.0f} minutes: "
        f"{findings or 'no'} findings that are not mended.\n"
        f"Measured {' and '.join(days)}, one process, other work beside it."
    )


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        catalogue.target(row["target"]).title,
        f"`{row['target']}`",
        row["measured"][:10],
        row["search"],
        f"{row['seconds']:,}",
        f"{row['executions']:,}",
        str(row["findings"]),
    )


def kept() -> dict[str, Any]:
    """Results of earlier runs; nothing if there are none."""
    if not RESULTS.exists():
        return {}
    loaded: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return loaded


def keep(results: Mapping[str, Any]) -> None:
    """Write results and page."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(PAGE, {"fuzzing": table(results), "fuzzing-summary": summary(results)})
