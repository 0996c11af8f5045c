"""Simulated beside measured, and what more pictures would need, as tables."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

from studio_detector.reporting.grid import markdown
from tools.load import capacity
from tools.load.curve import is_full

if TYPE_CHECKING:
    from collections.abc import Mapping

_COSTS = (
    ("the process that serves, until it is accepted", "accept_ms"),
    ("the process that serves, from then on", "answer_ms"),
    ("a worker's own process", "worker_ms"),
    ("database, broker and Redis, until it is accepted", "store_accept_ms"),
    ("database, broker and Redis, from then on", "store_finish_ms"),
)
_STORES = (
    ("pictures measured with", "pictures", ",.0f"),
    ("bytes of a picture", "picture_bytes", ",.0f"),
    ("accepted a second, eight callers, nothing analysed", "accepted_per_s", ",.1f"),
    ("database: rows", "database_rows", ",.2f"),
    ("database: bytes, with indexes", "database_bytes", ",.0f"),
    ("database: log written, bytes", "wal_bytes_each", ",.0f"),
    ("database: transactions, also of who only looks, as it reports them", "commits_each", ",.2f"),
    ("database: transactions that write, by their numbers", "writes_each", ",.2f"),
    ("database: flushes to the disk", "flushes_each", ",.2f"),
    ("Redis: commands", "redis_commands_each", ",.2f"),
    ("Redis: bytes while it waits", "redis_bytes_queued", ",.0f"),
    ("Redis: bytes of a result that is remembered", "redis_bytes_cached", ",.0f"),
)
_NEEDS = (
    ("pictures a second at the peak", "rate_per_s", ",.0f"),
    (f"cores, {capacity.BUSY_RATIO:.0%} busy at the peak", "cores", ",.0f"),
    ("of them: processes that analyse", "children", ",.0f"),
    ("processes that serve", "apis", ",.0f"),
    ("workers' own processes", "workers", ",.0f"),
    ("database, broker and Redis", "stores", ",.0f"),
    ("memory of our processes, GiB", "memory_gib", ",.1f"),
    ("network in at the peak, Mbit/s", "in_mbit_s", ",.0f"),
    ("network out at the peak, Mbit/s", "out_mbit_s", ",.1f"),
    ("database: rows a day", "rows_a_day", ",.0f"),
    ("database: GiB a day", "gib_a_day", ",.1f"),
    ("database: TiB a year, if nothing is deleted", "tib_a_year", ",.2f"),
    ("database: log written at the peak, MiB/s", "wal_mib_s", ",.1f"),
    ("database: writing transactions a second at the peak", "writes_per_s", ",.0f"),
    ("Redis: results of a day, GiB", "redis_cached_gib", ",.2f"),
    (
        f"Redis: a queue of {capacity.BACKLOG_S // 60} minutes at the peak, GiB",
        "redis_queued_gib",
        ",.2f",
    ),
    ("simulated p50 at the peak, ms", "p50_ms", ",.0f"),
    ("simulated p95 at the peak, ms", "p95_ms", ",.0f"),
)


def parts(results: Mapping[str, Any]) -> dict[str, str]:
    """Name of a part of the capacity page -> its text, for what there are results for."""
    found: dict[str, str] = {}
    if _simulated(results):
        found |= {"capacity-cost": cost(results), "capacity-limits": limits(results)}
        found |= {"capacity-stores": stores(results)}
    if "needs" in results:
        found["capacity-needs"] = needs(results)
    return found


def simulated(results: Mapping[str, Any]) -> str:
    """Simulated beside measured, in Markdown."""
    header = ("offered a second", "p50 ms", "simulated", "p95 ms", "simulated", "")
    tables = []
    for mode, one in _simulated(results).items():
        pairs = zip(one["steps"]["steps"], one["simulated"]["steps"], strict=True)
        rows = [
            (
                f"{real['rate_per_s']:.1f}",
                number(real["p50_ms"]),
                number(model["p50_ms"]),
                number(real["p95_ms"]),
                number(model["p95_ms"]),
                _words(at, real, model),
            )
            for at, (real, model) in enumerate(pairs)
        ]
        tables.append(f"### {mode}, simulated\n\n{markdown(header, rows)}\n{_verdict(one)}")
    return "\n\n".join(tables)


def cost(results: Mapping[str, Any]) -> str:
    """Processor time of a picture and pictures per core-day, in Markdown."""
    known = _simulated(results)
    costs = {mode: one["simulated"]["costs"] for mode, one in known.items()}
    batch_ms = results.get("batch_cpu_ms")
    nothing = ["-"] if batch_ms else []
    totals = [one["total_cpu_ms"] for one in known.values()] + ([batch_ms] if batch_ms else [])
    per_day = [capacity.per_core_day(total) for total in totals]
    busy = capacity.BUSY_RATIO
    rows = [
        *((name, *(f"{one[key]:.2f}" for one in costs.values()), *nothing) for name, key in _COSTS),
        (
            "processes that analyse",
            *(f"{fmean(one['analysis_ms']):.2f}" for one in costs.values()),
            *nothing,
        ),
        ("**together**", *(f"{total:.2f}" for total in totals)),
        ("**pictures per core-day**", *(f"{count:,.0f}" for count in per_day)),
        (f"pictures per core-day, {busy:.0%} busy", *(f"{busy * n:,.0f}" for n in per_day)),
    ]
    header = ("CPU ms a picture", *known, *(["`batch`"] if batch_ms else []))
    one = next(iter(known.values()))
    return (
        f"{markdown(header, rows)}\nPictures of {one['costs']['picture_bytes'] / 1024:.0f} KiB on "
        f"average. Measured {one['costs']['measured'][:10]} on {one['costs']['machine']}."
    )


def stores(results: Mapping[str, Any]) -> str:
    """What a picture leaves and moves, in Markdown."""
    known = _simulated(results)
    costs = {mode: one["costs"] for mode, one in known.items()}
    rows = [
        (name, *("-" if one.get(key) is None else format(one[key], form) for one in costs.values()))
        for name, key, form in _STORES
    ]
    rates = [
        f"{mode}: the disk of the database took {one['commit_rates']['1']:,.0f} commits a second "
        f"of one client and {one['commit_rates']['8']:,.0f} of eight."
        for mode, one in costs.items()
        if one.get("commit_rates")
    ]
    return "\n".join([markdown(("a picture", *costs), rows), *rates])


def needs(results: Mapping[str, Any]) -> str:
    """What a million, ten and a hundred million a day need, in Markdown."""
    days = results["needs"]["days"]
    header = ("a day", *(f"{int(day) / 1e6:,.0f} million" for day in days))
    rows = [
        (name, *(format(one[key], form) for one in days.values())) for name, key, form in _NEEDS
    ]
    return (
        f"{markdown(header, rows)}\nFrom the figures of the mode {results['needs']['mode']}. "
        f"The peak is taken as {capacity.PEAK_FACTOR} times the average of the day."
    )


def limits(results: Mapping[str, Any]) -> str:
    """What is full first, in Markdown."""
    tables = []
    for mode, one in _simulated(results).items():
        rows = [
            (name, f"{rate:,.0f}", f"{rate * capacity.DAY_S / 1e6 / capacity.PEAK_FACTOR:,.1f}")
            for name, rate in one["limits"]
        ]
        header = (f"{mode}: what is full", "at pictures a second", "million a day, with its peak")
        tables.append(markdown(header, rows))
    return "\n".join(tables)


def number(value: float | None) -> str:
    """A whole number; a dash for none."""
    return "-" if value is None else f"{value:,.0f}"


def _simulated(results: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: one for name, one in results.get("modes", {}).items() if "simulated" in one}


def _verdict(one: Mapping[str, Any]) -> str:
    told, off = one["simulated"], one["simulated"]["errors"]
    if off["p50_ms"] is None or off["p95_ms"] is None:
        return "No rate but the lowest was below saturation: nothing can be compared."
    return (
        f"Over the {told['compared']} rates below saturation beside the lowest, the simulated "
        f"p50 is off by {off['p50_ms']:.0%} and the p95 by {off['p95_ms']:.0%} (medians). "
        f"Answered a second at most: {one['steps']['most_per_s']}, simulated "
        f"{told['most_per_s']}. "
        f"The wait that no processor explains is {told['costs']['wait_ms']:.1f} ms."
    )


def _words(at: int, real: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    if at == 0:
        return "calibrated with it"
    return ", ".join(
        word for word, one in (("full", real), ("simulated full", model)) if is_full(one)
    )
