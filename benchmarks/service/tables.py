"""The figures of the service as tables in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_WAYS = (
    ("one archive", "archive"),
    ("six archives", "archives"),
    ("one request a photo", "single"),
)
_BASES = (("the command batch", "command"), ("the bare pool behind it", "batch"))
_LEAST_OF_BATCH = 0.8
_MOST_OF_IDLE = 2.0


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """Part of the page -> table."""
    modes: Mapping[str, Mapping[str, Any]] = results["modes"]
    return {
        "service-machine": _machine(results),
        "service-goals": _goals(modes, results.get("sizes", {})),
        "service-rates": markdown(
            (
                "mode",
                "the bare pool, photos/s",
                *(text for way, _ in _WAYS for text in (way, "of the pool")),
            ),
            [
                (
                    mode,
                    f"{of['batch_per_s']:.1f}",
                    *(
                        text
                        for _, way in _WAYS
                        for text in (f"{of[f'{way}_per_s']:.1f}", f"{of[f'{way}_over_batch']:.0%}")
                    ),
                )
                for mode, of in modes.items()
            ],
        ),
        "service-sizes": _sizes(results.get("sizes", {})),
        "service-latency": markdown(
            ("mode", "load", "requests", "p50 ms", "p95 ms", "p99 ms", "share in analysis"),
            [
                (
                    mode,
                    name,
                    str(of[key]["requests"]),
                    f"{of[key]['p50_ms']:.1f}",
                    f"{of[key]['p95_ms']:.1f}",
                    f"{of[key]['p99_ms']:.1f}",
                    f"{of[key]['analysis_share']:.0%}",
                )
                for mode, of in modes.items()
                for key, name in (
                    ("steady", "standard, 10 a second"),
                    ("high_idle", "high, 4 a second, else idle"),
                    (
                        "high_crowded",
                        f"high, {of['waiting_before']:,} to {of['waiting_after']:,} standard wait",
                    ),
                )
            ],
        ),
    }


def _sizes(sizes: Mapping[str, Mapping[str, Any]]) -> str:
    head = ["pictures", "median KiB", "the bare pool, photos/s", "the command batch"]
    for way, _ in _WAYS:
        head += [way, "of the pool", "of the command"]
    return markdown(
        head,
        [
            (
                name,
                f"{of['median_bytes'] / 1024:,.0f}",
                f"{of['batch_per_s']:.1f}",
                f"{of['command_per_s']:.1f}",
                *(
                    text
                    for _, way in _WAYS
                    for text in (
                        f"{of[f'{way}_per_s']:.1f}",
                        f"{of[f'{way}_over_batch']:.0%}",
                        f"{of[f'{way}_over_command']:.0%}",
                    )
                ),
            )
            for name, of in sizes.items()
        ],
    )


def _machine(results: Mapping[str, Any]) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in results["machine"].items())
    modes = ", ".join(f"{name} {of['measured']}" for name, of in results["modes"].items())
    return (
        f"Measured {results['measured']} by `make bench-service ARGS=--write`, "
        f"{results['photographs']} photographs, median {results['median_bytes'] / 1024:,.0f} KiB. "
        f"{facts}.\n\nModes were measured from: {modes}.\n"
    )


def _goals(modes: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        _goal(
            f"embedded throughput over {base}, {way}",
            f"{name}, {of['median_bytes'] / 1024:,.0f} KiB",
            f"at least {_LEAST_OF_BATCH:g}",
            of[f"{way_key}_over_{base_key}"],
            is_reached=of[f"{way_key}_over_{base_key}"] >= _LEAST_OF_BATCH,
        )
        for base, base_key in _BASES
        for way, way_key in _WAYS
        for name, of in sizes.items()
    ]
    rows += [
        _goal(
            "p95 of high priority, crowded over idle",
            mode,
            f"at most {_MOST_OF_IDLE:g}",
            of["high_p95_ratio"],
            is_reached=of["high_p95_ratio"] <= _MOST_OF_IDLE,
        )
        for mode, of in modes.items()
    ]
    return markdown(("goal", "of", "bound", "measured", ""), rows)


def _goal(text: str, of: str, bound: str, found: float, *, is_reached: bool) -> tuple[str, ...]:
    return (text, of, bound, f"{found:.2f}", "reached" if is_reached else "**not reached**")


def fill_page(page: Path, results: Mapping[str, Any]) -> None:
    """Write the tables between their markers."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables(results).items():
        text = re.sub(
            rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)",
            lambda match, table=table: f"{match[1]}\n{table.strip()}\n\n{match[2]}",
            text,
            flags=re.DOTALL,
        )
    page.write_text(text, encoding="utf-8")
