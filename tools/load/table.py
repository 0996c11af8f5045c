"""The pages of the load: curves, the count of the steady run, and what more would need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown
from tools.faults.table import fill
from tools.load import capacity, capacity_table, plot
from tools.load.capacity_table import number
from tools.load.curve import is_full
from tools.load.flatness import FOLLOWED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROOT = Path(__file__).resolve().parents[2]
RESULTS = _ROOT / "tools" / "load" / "results.json"
PAGE = _ROOT / "docs" / "service" / "load.md"
CAPACITY_PAGE = _ROOT / "docs" / "capacity.md"
IMAGES = _ROOT / "docs" / "images"
CURVE_IMAGE = "load-curve.svg"
STEADY_IMAGE = "load-steady.svg"

_CURVE = (
    "offered a second",
    "pictures",
    "answered in time",
    "429",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "wait in the queue, p95 ms",
    "busy cores: service",
    "stores",
    "who posts",
    "others",
    "",
)


def modes(results: Mapping[str, Any], part: str) -> dict[str, Mapping[str, Any]]:
    """Mode -> a part of what was measured of it, where it was."""
    return {name: one for name, one in results.get("modes", {}).items() if part in one}


def summary(results: Mapping[str, Any]) -> str:
    """When each service is full, in sentences."""
    lines = []
    for mode, one in modes(results, "steps").items():
        found = one["steps"]
        full = found["full_per_s"]
        said = (
            f"It is full from {full} pictures a second on"
            if full is not None
            else "It was never full"
        )
        lines.append(
            f"**{mode}**, {found['workers']} processes that analyse: {said}; it answered "
            f"{found['most_per_s']} a second at most. Measured {found['measured'][:10]} on "
            f"{found['machine']}, with who posts{_and_servers(mode)} on the same machine."
        )
    return "\n".join(lines)


def curve(results: Mapping[str, Any]) -> str:
    """Every step of every mode, in Markdown."""
    tables = []
    for mode, one in modes(results, "steps").items():
        rows = [_step_row(found) for found in one["steps"]["steps"]]
        tables.append(f"### {mode}\n\n{markdown(_CURVE, rows)}")
    return "\n".join(tables)


def steady(results: Mapping[str, Any]) -> str:
    """What was accepted in the steady run and what came of it, in Markdown."""
    header = ("", *modes(results, "steady"))
    found = {
        mode: {**one["steady"], "most_per_s": one.get("steps", {}).get("saturation_per_s")}
        for mode, one in modes(results, "steady").items()
    }
    lines: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("pictures a second", lambda one: f"{one['rate_per_s']}"),
        ("of what the service answers at most", _part),
        ("minutes", lambda one: f"{one['seconds'] / 60:.0f}"),
        ("posted", lambda one: f"{one['posted']:,}"),
        ("requests that it took", lambda one: f"{one['requests']:,}"),
        ("accepted", lambda one: f"{one['accepted']:,}"),
        ("done", lambda one: f"{one['done']:,}"),
        ("dead", lambda one: f"{one['dead']:,}"),
        ("lost", lambda one: f"{one['lost']:,}"),
        ("doubled", lambda one: f"{one['doubled']:,}"),
        ("tries of all jobs", lambda one: f"{one['attempts']:,}"),
        ("accepted after, p50 / p99 ms", lambda one: _pair(one["accepted_after"])),
        ("result after, p50 / p99 ms", lambda one: _pair(one["result_after"])),
        ("worked off after the last post, s", lambda one: f"{one['worked_off_s']}"),
        ("database, bytes a picture", lambda one: f"{one['database_bytes']:,}"),
        ("tracebacks", lambda one: f"{one['tracebacks']}"),
        ("blows", lambda one: "; ".join(f"{n} x {kind}" for kind, n in one["blows"].items())),
        ("problems", lambda one: "; ".join(one["problems"]) or "none"),
    ]
    rows = [(name, *(tell(one) for one in found.values())) for name, tell in lines]
    said = [
        f"{mode}: measured {one['measured'][:10]} on {one['machine']}, by `make load "
        f"ARGS='--modes {mode} --only steady --seconds {one['seconds']:g} --write'`."
        for mode, one in found.items()
    ]
    return f"{markdown(header, rows)}\n" + "\n".join(said)


def memory(results: Mapping[str, Any]) -> str:
    """Memory in the last two thirds of the steady run, in Markdown."""
    header = ("mode", "process", "median MiB", "MiB an hour", "grown by MiB", "allowed", "")
    rows = []
    for mode, one in modes(results, "steady").items():
        for name, found in one["steady"]["memory"].items():
            if found["is_flat"] is None:
                continue
            rows.append(
                (
                    mode,
                    "one that analyses" if name == "children" else name,
                    f"{found['median_mib']:.0f}",
                    f"{found['slope_mib_per_h']:+.1f}",
                    f"{found['growth_mib']:+.1f}",
                    f"{found['allowed_mib']:.0f}",
                    _verdict(name, is_flat=found["is_flat"]),
                )
            )
    return markdown(header, rows) if rows else "The run was too short to tell.\n"


def parts(results: Mapping[str, Any]) -> dict[str, str]:
    """Name of a part of the page -> its text, for what there are results for."""
    found: dict[str, str] = {}
    if modes(results, "steps"):
        found |= {"load-summary": summary(results), "load-curve": curve(results)}
    if modes(results, "simulated"):
        found["load-simulated"] = capacity_table.simulated(results)
    if modes(results, "steady"):
        found |= {"load-steady": steady(results), "load-memory": memory(results)}
    return found


def kept() -> dict[str, Any]:
    """Results of earlier runs; nothing if there are none."""
    if not RESULTS.exists():
        return {}
    loaded: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return loaded


def joined(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Results with those of a new run in the places of older ones, part by part."""
    found = {**old, **{name: one for name, one in new.items() if name != "modes"}}
    found["modes"] = {
        mode: {**old.get("modes", {}).get(mode, {}), **new.get("modes", {}).get(mode, {})}
        for mode in {**old.get("modes", {}), **new.get("modes", {})}
    }
    return found


def keep(results: Mapping[str, Any]) -> None:
    """Write results, pages and pictures."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    render(results)


def render(results: Mapping[str, Any]) -> None:
    """Write pages and pictures."""
    fill(PAGE, parts(results))
    fill(CAPACITY_PAGE, capacity_table.parts(results))
    if modes(results, "steps"):
        plot.draw_curves(IMAGES / CURVE_IMAGE, results)
    if modes(results, "steady"):
        plot.draw_steady(IMAGES / STEADY_IMAGE, results)


def _step_row(found: Mapping[str, Any]) -> tuple[str, ...]:
    lasted, cpu = found["lasted_s"], found["cpu_s"]
    ours = sum(cpu.get(name, 0.0) for name in ("api", "workers", "children"))
    stores = sum(cpu.get(name, 0.0) for name in capacity.STORES)
    posting = cpu.get("generator", 0.0)
    others = max(0.0, cpu.get("machine", 0.0) - ours - stores - posting)
    return (
        f"{found['rate_per_s']:.1f}",
        f"{found['offered']:,}",
        f"{found['answered_in_time'] / found['offered']:.0%}",
        f"{found['too_many']}",
        *(number(found[name]) for name in ("p50_ms", "p95_ms", "p99_ms")),
        number(found["queue_wait"]["p95_ms"]),
        *(f"{seconds / lasted:.2f}" for seconds in (ours, stores, posting, others)),
        "full" if is_full(found) else "",
    )


def _verdict(name: str, *, is_flat: bool) -> str:
    """Of a process that does not live through the run, there is none."""
    if name not in FOLLOWED:
        return "restarted"
    return "flat" if is_flat else "**grows**"


def _part(one: Mapping[str, Any]) -> str:
    """Of a mode whose steps were not measured, nobody knows it."""
    return f"{one['rate_per_s'] / one['most_per_s']:.0%}" if one["most_per_s"] else "-"


def _pair(found: Mapping[str, float | None]) -> str:
    return f"{number(found['p50_ms'])} / {number(found['p99_ms'])}"


def _and_servers(mode: str) -> str:
    return "" if mode == "embedded" else ", PostgreSQL and broker"
