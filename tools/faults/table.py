"""All scenarios, and the table of what came of them."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown
from tools.faults.scenarios import (
    callbacks,
    clock,
    disk,
    hostile,
    kills,
    messages,
    outages,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.faults.play import Outcome, Scenario

_ROOT = Path(__file__).resolve().parents[2]
RESULTS = _ROOT / "tools" / "faults" / "results.json"
PAGE = _ROOT / "docs" / "service" / "faults.md"

#: Name -> scenario, in the order of the table.
SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for module in (kills, outages, messages, hostile, callbacks, clock, disk, same)
    for scenario in module.SCENARIOS
}

_HEADER = (
    "fault",
    "mode",
    "jobs in",
    "done",
    "dead",
    "results",
    "stored twice",
    "lost",
    "seconds",
    "remark",
)


def merged(
    old: Mapping[str, Any], outcomes: Iterable[Outcome], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Results with new outcomes in the places of older ones.

    Args:
        old: Results so far; may be empty.
        outcomes: Of this run.
        facts: About this run, kept beside each outcome.
    """
    rows = {(row["scenario"], row["mode"]): row for row in old.get("outcomes", ())}
    for outcome in outcomes:
        rows[outcome.scenario, outcome.mode] = {**asdict(outcome), **facts}
    order = list(SCENARIOS)
    known = [row for key, row in rows.items() if key[0] in SCENARIOS]
    known.sort(key=lambda row: order.index(row["scenario"]))
    return {"outcomes": known}


def table(results: Mapping[str, Any]) -> str:
    """The table in Markdown."""
    return markdown(_HEADER, [_line(row) for row in results["outcomes"]])


def summary(results: Mapping[str, Any]) -> str:
    """All rows added up, in a sentence."""
    rows: Sequence[Mapping[str, Any]] = results["outcomes"]
    total = {key: sum(row[key] for row in rows) for key in ("jobs_in", "done", "dead", "lost")}
    twice = sum(row["stored_twice"] + row["ended_twice"] for row in rows)
    wrong = sum(bool(row["problems"]) for row in rows)
    days = sorted({row["measured"][:10] for row in rows})
    machines = "; ".join(sorted({row["machine"] for row in rows}))
    return (
        f"{len(rows)} runs, {total['jobs_in']:,} jobs in: {total['done']:,} done and "
        f"{total['dead']:,} dead, {total['lost']} lost, {twice} twice; "
        f"{wrong or 'no'} runs with a problem.\n"
        f"Measured {' and '.join(days)} on {machines}, other work beside it."
    )


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    remark = row["remark"]
    if row["problems"]:
        remark = f"**{'; '.join(row['problems'])}** {remark}".replace("|", "/")
    numbers = ("jobs_in", "done", "dead", "results", "stored_twice", "lost")
    return (
        SCENARIOS[row["scenario"]].title,
        row["mode"],
        *(f"{row[key]:,}" for key in numbers),
        f"{row['seconds']:.0f}",
        remark,
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
    fill(PAGE, {"faults": table(results), "faults-summary": summary(results)})


def fill(page: Path, parts: Mapping[str, str]) -> None:
    """Write parts of a page between their markers."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        text, count = re.subn(
            pattern,
            lambda match, part=part: f"{match[1]}\n{part.strip()}\n\n{match[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"{page} has {count} places for {name!r}, one is needed")
    page.write_text(text, encoding="utf-8")
