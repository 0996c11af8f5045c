"""The page of the soak: what was posted, what came of it, and what it cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown
from tools.faults.table import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOT = Path(__file__).resolve().parents[2]
RESULTS = _ROOT / "tools" / "soak" / "results.json"
PAGE = _ROOT / "docs" / "service" / "soak.md"


def summary(results: Mapping[str, Any]) -> str:
    """What was posted and whether anything was wrong, in sentences."""
    found = results["soak"]
    livez, memory = found["livez"], found["memory"]
    again = sum(found["told to come again"].values())
    return (
        f"{found['pictures']:,} pictures in {found['seconds'] / 60:.0f} minutes, "
        f"{found['changed']:,} of them changed with the seed {found['seed']}: "
        f"{found['ends'].get('done', 0):,} analysed, {_refused(found):,} refused with a code, "
        f"{found['lost']} lost; {found['failures']} answers of 500 and above, "
        f"{again} requests told to come again.\n"
        f"{_problems(found)}\n"
        f"`/livez` answered {livez['asked']:,} times, half of them within {livez['p50_ms']} ms, "
        f"99 % within {livez['p99_ms']} ms, all within {livez['most_ms']} ms; "
        f"{livez['over_100_ms']} took more than 100 ms. "
        f"The asker itself was woken up to {livez['asker_woken_late']['most_ms']} ms late.\n"
        f"The process that serves held {memory['serving_most_mib']} MiB at most "
        f"({memory['serving_early_mib']} MiB early, {memory['serving_late_mib']} MiB late), "
        f"the largest of {memory['children']} child processes {memory['child_most_mib']} MiB.\n"
        f"Measured {found['measured'][:10]} on {found['machine']}, with who posts on the same "
        "machine."
    )


def kinds(results: Mapping[str, Any]) -> str:
    """Pictures by what was done to them, in Markdown."""
    return _counts("picture", results["soak"]["kinds"])


def ends(results: Mapping[str, Any]) -> str:
    """Pictures by how they ended, in Markdown."""
    found = results["soak"]["ends"]
    return _counts("end", {f"`{end}`" if end != "done" else end: n for end, n in found.items()})


def shed(results: Mapping[str, Any]) -> str:
    """What happened to who asks too often and to who does not, in Markdown."""
    found = results["shedding"]
    rows = [
        (
            name,
            ", ".join(f"{count:,} x {status}" for status, count in found[kind]["loud"].items()),
            f"{found[kind]['quiet']['p50_ms']} ms",
            f"{found[kind]['quiet']['p95_ms']} ms",
        )
        for name, kind in (("as much as allowed", "allowed"), ("ten times as much", "flood"))
    ]
    header = ("the loud key asks", "it is answered", "the quiet key waits, p50", "p95")
    said = (
        f"Of the requests that come ten times too often, {found['shed']:.0%} "
        f"are answered 429; meanwhile the quiet key waits {found['ratio']} times as long. "
        f"{_problems(found)}\n"
        f"Measured {found['measured'][:10]} on {found['machine']}."
    )
    return f"{markdown(header, rows)}\n\n{said}"


def kept() -> dict[str, Any]:
    """Results of earlier runs; nothing if there are none."""
    if not RESULTS.exists():
        return {}
    loaded: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return loaded


def keep(results: Mapping[str, Any]) -> None:
    """Write results, and of the page the parts that there are results for."""
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    fill(PAGE, parts(results))


def parts(results: Mapping[str, Any]) -> dict[str, str]:
    """Name of a part of the page -> its text."""
    made = {"soak-summary": summary, "soak-kinds": kinds, "soak-ends": ends}
    found = {name: make(results) for name, make in made.items() if "soak" in results}
    return found | ({"soak-shedding": shed(results)} if "shedding" in results else {})


def _counts(what: str, counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda item: -item[1])
    return markdown((what, "how many"), [(name, f"{count:,}") for name, count in rows])


def _refused(found: Mapping[str, Any]) -> int:
    return sum(count for end, count in found["ends"].items() if end != "done")


def _problems(found: Mapping[str, Any]) -> str:
    return f"**{'; '.join(found['problems'])}**" if found["problems"] else "Nothing was wrong."
