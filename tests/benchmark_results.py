"""Made-up results of a benchmark run, shared by tests."""

from __future__ import annotations

from benchmarks.results import Process, Rate, Results, Shelf, Times


def times(name, size, cpu_ms):
    """Times with the given median."""
    return Times(
        name=name,
        size=size,
        cpu_ms=cpu_ms,
        cpu_ms_low=cpu_ms / 2,
        cpu_ms_high=2 * cpu_ms,
        cpu_ms_mean=cpu_ms,
        wall_ms=2 * cpu_ms,
        count=9,
    )


def results(cpu_ms, *, rates=(), processes=(), peak_mib=100.0, skipped=None):
    """Results with the given medians, ``NAME@SIZE`` -> milliseconds."""
    return Results(
        measured="2020-01-01T00:00:00+00:00",
        machine={"processor": "an abacus", "cores": "10"},
        shelves=(Shelf(size="vga", megapixels=0.3, pictures=1, median_bytes=1000),),
        times=tuple(times(*key.split("@"), value) for key, value in cpu_ms.items()),
        scaling=(times("floor", "scaling-0.3mp", 1.0), times("floor", "scaling-2.0mp", 6.0)),
        photographs=10,
        detail_share=0.1,
        processes=tuple(
            Process(name=name, command="python", cpu_s=cpu_s, wall_s=2 * cpu_s, count=9)
            for name, cpu_s in dict(processes).items()
        ),
        peak_mib=peak_mib,
        rates=tuple(
            Rate(
                size=size,
                workers=workers,
                pictures_per_s=rate,
                cpu_ms=5.0,
                peak_mib=peak_mib,
                count=3,
            )
            for (size, workers), rate in dict(rates).items()
        ),
        skipped=skipped or {},
    )
