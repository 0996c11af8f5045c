"""The figures of a run as tables in Markdown, for the console and for docs/performance.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.goals import goals
from benchmarks.names import CANDIDATES, STAGES
from benchmarks.sizes import SIZES, SMOOTH_SIZES
from studio_detector.reporting.grid import markdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.budget import Check
    from benchmarks.results import Results, Times

_NOTHING = "-"


def machine_text(results: Results) -> str:
    """Where and when, in one paragraph."""
    facts = "; ".join(f"{name}: {value}" for name, value in results.machine.items())
    return f"Measured {results.measured} by `make bench`. {facts}.\n"


def goals_table(results: Results) -> str:
    """Every goal, reached or not."""
    return markdown(
        ("goal", "bound", "measured", ""),
        [
            (
                goal.text,
                f"{'at most' if goal.at_most else 'at least'} {goal.bound:g} {goal.unit}",
                _NOTHING if goal.value is None else f"{_figure(goal.value)} {goal.unit}",
                goal.verdict,
            )
            for goal in goals(results)
        ],
    )


def pictures_table(results: Results) -> str:
    """What was measured with."""
    return markdown(
        ("size", "megapixels", "pictures", "median KiB", "bytes a pixel"),
        [
            (
                shelf.size,
                f"{shelf.megapixels:.1f}",
                str(shelf.pictures),
                f"{shelf.median_bytes / 1024:,.0f}",
                f"{shelf.median_bytes / shelf.megapixels / 1e6:.2f}",
            )
            for shelf in results.shelves
        ],
    )


def stages_table(results: Results) -> str:
    """Milliseconds of each stage by size."""
    table = _by_size(results, STAGES, [size.name for size in SIZES])
    share = f"{100 * results.detail_share:.0f} % of {results.photographs}"
    return f"{table}\nThe default policy sent {share} photographs on to detail.\n"


def candidates_table(results: Results) -> str:
    """Milliseconds of each candidate by size."""
    table = _by_size(results, CANDIDATES, [size.name for size in (*SIZES, *SMOOTH_SIZES)])
    return table + "".join(f"\nLeft out: {name}: {why}\n" for name, why in results.skipped.items())


def rates_table(results: Results) -> str:
    """Throughput by workers."""
    if not results.rates:
        return "Throughput was not measured: there is no worker pool.\n"
    return markdown(
        ("size", "workers", "pictures/s", "CPU ms a picture", "peak MiB of a worker"),
        [
            (
                rate.size,
                str(rate.workers),
                _figure(rate.pictures_per_s),
                _figure(rate.cpu_ms),
                f"{rate.peak_mib:.0f}",
            )
            for rate in results.rates
        ],
    )


def scaling_table(results: Results) -> str:
    """End to end and the floor by megapixels."""
    megapixels = list(dict.fromkeys(one.size for one in results.scaling))
    found = {(one.name, one.size): one for one in results.scaling}
    names = list(dict.fromkeys(one.name for one in results.scaling))
    return markdown(
        ("megapixels", *(f"{name}, ms" for name in names)),
        [
            (megapixels_of(size), *(_figure(found[name, size].cpu_ms) for name in names))
            for size in megapixels
        ],
    )


def processes_table(results: Results) -> str:
    """Fresh processes and memory."""
    table = markdown(
        ("process", "command", "CPU s", "wall s"),
        [
            (one.name, f"`{one.command}`", f"{one.cpu_s:.3f}", f"{one.wall_s:.3f}")
            for one in results.processes
        ],
    )
    peak = f"Peak memory of one process over all 12 MP pictures: {results.peak_mib:.0f} MiB."
    return f"{table}\n{peak}\n"


def budget_table(checks: Sequence[Check]) -> str:
    """Every bound of the budget."""
    return markdown(
        ("ratio", "bound", "fails", "measured", ""),
        [
            (
                one.bound.name,
                f"{'at most' if one.bound.at_most else 'at least'} {one.bound.expected:g}",
                f"{'above' if one.bound.at_most else 'below'} {_figure(one.bound.limit)}",
                _NOTHING if one.ratio is None else _figure(one.ratio),
                one.verdict,
            )
            for one in checks
        ],
    )


def page_blocks(results: Results) -> dict[str, str]:
    """Generated parts of docs/performance.md: name of the marker -> text."""
    return {
        "bench-goals": f"{machine_text(results)}\n{goals_table(results)}",
        "bench-stages": stages_table(results),
        "bench-candidates": candidates_table(results),
        "bench-pictures": pictures_table(results),
        "bench-scaling": scaling_table(results),
        "bench-rates": rates_table(results),
        "bench-processes": processes_table(results),
    }


def filled(text: str, results: Results) -> str:
    """A page with its generated parts as the results would have them.

    Raises:
        ValueError: If the page lacks one of the parts.
    """
    for name, block in page_blocks(results).items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        found = re.findall(f"{re.escape(begin)}.*?{re.escape(end)}", text, re.DOTALL)
        if len(found) != 1:
            raise ValueError(f"the page has {len(found)} parts {name!r}; it must have one")
        text = text.replace(found[0], f"{begin}\n\n{block.strip()}\n\n{end}")
    return text


def fill_page(page: Path, results: Results) -> None:
    """Write the generated parts into a page; see `filled`."""
    page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")


def megapixels_of(size: str) -> str:
    """The number in the name of a scaling size."""
    return size.removeprefix("scaling-").removesuffix("mp")


def _by_size(results: Results, names: Sequence[str], sizes: Sequence[str]) -> str:
    found = {(one.name, one.size): one for one in results.times}
    return markdown(
        ("CPU ms, median (quartiles)", *sizes),
        [
            (name, *(_times(found.get((name, size))) for size in sizes))
            for name in names
            if any((name, size) in found for size in sizes)
        ],
    )


def _times(one: Times | None) -> str:
    if one is None:
        return _NOTHING
    return f"{_figure(one.cpu_ms)} ({_figure(one.cpu_ms_low)} to {_figure(one.cpu_ms_high)})"


def _figure(value: float) -> str:
    """Three digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
