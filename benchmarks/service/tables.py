"""The figures of the service as tables in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_GOALS = (
    ("embedded throughput over batch, one archive", "archive_over_batch", "at least", 0.8),
    ("embedded throughput over batch, one request a photo", "single_over_batch", "at least", 0.8),
    ("p95 of high priority, crowded over idle", "high_p95_ratio", "at most", 2.0),
)


def tables(results: Mapping[str, Any]) -> dict[str, str]:
    """Part of the page -> table."""
    modes: Mapping[str, Mapping[str, Any]] = results["modes"]
    return {
        "service-machine": _machine(results),
        "service-goals": _goals(modes),
        "service-rates": markdown(
            (
                "mode",
                "batch, photos/s",
                "one request a photo",
                "of batch",
                "one archive",
                "of batch",
            ),
            [
                (
                    mode,
                    f"{of['batch_per_s']:.1f}",
                    f"{of['single_per_s']:.1f}",
                    f"{of['single_over_batch']:.0%}",
                    f"{of['archive_per_s']:.1f}",
                    f"{of['archive_over_batch']:.0%}",
                )
                for mode, of in modes.items()
            ],
        ),
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


def _machine(results: Mapping[str, Any]) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in results["machine"].items())
    return (
        f"Measured {results['measured']} by `make bench-service ARGS=--write`, "
        f"{results['photographs']} photographs, median {results['median_bytes'] / 1024:,.0f} KiB. "
        f"{facts}.\n"
    )


def _goals(modes: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for text, key, bound, value in _GOALS:
        for mode, of in modes.items():
            if "embedded" in text and mode != "embedded":
                continue
            found = of[key]
            is_reached = found >= value if bound == "at least" else found <= value
            rows.append(
                (
                    text,
                    mode,
                    f"{bound} {value:g}",
                    f"{found:.2f}",
                    "reached" if is_reached else "**not reached**",
                )
            )
    return markdown(("goal", "mode", "bound", "measured", ""), rows)


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
