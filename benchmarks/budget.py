"""The budget: bounds on ratios, so that a slow machine passes and a slow change does not."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.results import Results

_KEYS = frozenset({"name", "over", "under", "at_most", "at_least"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One bound on a quotient of two medians of CPU time.

    Attributes:
        name: For people.
        over: Numerator, as ``NAME@SIZE``.
        under: Denominator, likewise.
        at_most: Highest expected quotient; None where less is worse.
        at_least: Lowest expected quotient; None where more is worse.
        tolerance_ratio: How far beyond the bound is still noise, as a share of it.
    """

    name: str
    over: str
    under: str
    at_most: float | None
    at_least: float | None
    tolerance_ratio: float

    def __post_init__(self) -> None:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(f"{self.name}: give either at_most or at_least")
        if self.expected <= 0 or self.tolerance_ratio < 0:
            raise ValueError(f"{self.name}: the bound must be positive, the tolerance not negative")

    @property
    def expected(self) -> float:
        """The bound without tolerance."""
        return self.at_least if self.at_most is None else self.at_most  # type: ignore[return-value]

    @property
    def limit(self) -> float:
        """The bound with tolerance: the last quotient that passes."""
        if self.at_most is not None:
            return self.at_most * (1 + self.tolerance_ratio)
        return self.expected / (1 + self.tolerance_ratio)

    def is_kept(self, ratio: float | None) -> bool:
        """Whether a quotient passes; one that was not measured does not."""
        if ratio is None:
            return False
        return ratio <= self.limit if self.at_most is not None else ratio >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A bound with what was measured; None if it was not."""

    bound: Bound
    ratio: float | None

    @property
    def is_kept(self) -> bool:
        """Whether the bound is kept."""
        return self.bound.is_kept(self.ratio)

    @property
    def verdict(self) -> str:
        """In words."""
        if self.ratio is None:
            return f"not measured: {self.bound.over} or {self.bound.under} is missing"
        return "kept" if self.is_kept else "exceeded"


def read_budget(path: Path) -> list[Bound]:
    """Read the bounds.

    Args:
        path: A TOML file with ``tolerance_ratio`` and tables ``[[ratio]]``.

    Raises:
        ValueError: If a key is missing, unknown or of the wrong kind.
    """
    with path.open("rb") as file:
        found = tomllib.load(file)
    tolerance = found.get("tolerance_ratio")
    ratios = found.get("ratio")
    if not isinstance(tolerance, int | float) or not isinstance(ratios, list) or not ratios:
        raise ValueError(f"{path}: give tolerance_ratio and at least one [[ratio]]")
    return [_bound(path, entry, float(tolerance)) for entry in ratios]


def check(budget: list[Bound], results: Results) -> list[Check]:
    """Hold every bound against a run."""
    return [Check(bound=one, ratio=results.ratio(one.over, one.under)) for one in budget]


def _bound(path: Path, entry: dict[str, Any], tolerance: float) -> Bound:
    unknown = sorted(set(entry) - _KEYS)
    missing = sorted({"name", "over", "under"} - set(entry))
    if unknown or missing:
        raise ValueError(f"{path}: a ratio has unknown keys {unknown} or lacks {missing}")
    return Bound(
        name=str(entry["name"]),
        over=str(entry["over"]),
        under=str(entry["under"]),
        at_most=None if "at_most" not in entry else float(entry["at_most"]),
        at_least=None if "at_least" not in entry else float(entry["at_least"]),
        tolerance_ratio=tolerance,
    )
