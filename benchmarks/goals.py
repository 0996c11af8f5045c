"""The goals of the project and whether a run reached them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.names import CORE_INSTALL, END_TO_END, FLOOR, SEED
from benchmarks.processes import COLD_START, HELP, IMPORT

if TYPE_CHECKING:
    from benchmarks.results import Results

_MB_PER_MIB = 2**20 / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal with what was measured.

    Attributes:
        text: What is aimed at, in words.
        bound: The figure aimed at.
        at_most: Whether the bound is the highest good value, not the lowest.
        unit: Of the figures; a multiplication sign for ratios.
        value: What was measured; None if it was not.
    """

    text: str
    bound: float
    at_most: bool
    unit: str
    value: float | None

    @property
    def is_reached(self) -> bool:
        """Whether the value is on the good side of the bound; unmeasured is not reached."""
        if self.value is None:
            return False
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    @property
    def verdict(self) -> str:
        """In words."""
        if self.value is None:
            return "not measured"
        return "reached" if self.is_reached else "**not reached**"


def goals(results: Results) -> list[Goal]:
    """Every goal, held against a run. Times are CPU times, medians; rates are on the clock."""
    vga_rate, large_rate = results.rate("vga", 2), results.rate("12mp", 2)
    return [
        _most("lighting at 512 x 384", 4, "ms", results.cpu_ms("lighting@vga")),
        _most("detail at 512 x 384, without the network", 5, "ms", results.cpu_ms("detail@vga")),
        _most("end to end over the floor, 2 MP", 2.5, "x", _over_floor(results, "2mp")),
        _most("end to end over the floor, 12 MP", 1.35, "x", _over_floor(results, "12mp")),
        _most("the same without extras, 2 MP", 2.5, "x", _over_floor(results, "2mp", CORE_INSTALL)),
        _most(
            "the same without extras, 12 MP", 1.35, "x", _over_floor(results, "12mp", CORE_INSTALL)
        ),
        _least(
            "the seed's recipe over end to end, VGA",
            300,
            "x",
            results.ratio(f"{SEED}@vga", f"{END_TO_END}@vga"),
        ),
        _least("2 workers, VGA", 150, "/s", vga_rate.pictures_per_s if vga_rate else None),
        _least("2 workers, 12 MP", 40, "/s", large_rate.pictures_per_s if large_rate else None),
        _least("2 workers over 1, VGA", 1.8, "x", _speed_up(results, "vga")),
        _least("2 workers over 1, 12 MP", 1.8, "x", _speed_up(results, "12mp")),
        _most("peak memory of one process, 12 MP", 200, "MB", results.peak_mib * _MB_PER_MIB),
        _most("peak memory of one worker, 12 MP", 200, "MB", _worker_mb(results)),
        _most("`import studio_detector`, whole process", 0.15, "s", _cpu_s(results, IMPORT)),
        _most("`--help`, whole process", 0.25, "s", _cpu_s(results, HELP)),
        _most("one photo from a cold start", 0.7, "s", _cpu_s(results, COLD_START)),
    ]


def _most(text: str, bound: float, unit: str, value: float | None) -> Goal:
    return Goal(text=text, bound=bound, at_most=True, unit=unit, value=value)


def _least(text: str, bound: float, unit: str, value: float | None) -> Goal:
    return Goal(text=text, bound=bound, at_most=False, unit=unit, value=value)


def _over_floor(results: Results, size: str, name: str = END_TO_END) -> float | None:
    return results.ratio(f"{name}@{size}", f"{FLOOR}@{size}")


def _speed_up(results: Results, size: str) -> float | None:
    one, two = results.rate(size, 1), results.rate(size, 2)
    return two.pictures_per_s / one.pictures_per_s if one and two else None


def _worker_mb(results: Results) -> float | None:
    return max((rate.peak_mib * _MB_PER_MIB for rate in results.rates), default=None)


def _cpu_s(results: Results, name: str) -> float | None:
    process = results.process(name)
    return process.cpu_s if process else None
