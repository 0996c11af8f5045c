"""A value against the spread of its measure among studio and natural training photographs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.typical import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.reporting.typical import Typical

#: Width of the drawing; the rows span it but for `_EDGE` at either end, where values beyond lie.
WIDTH = 200.0
_EDGE = 8.0
# Positions in `QUANTILES`.
_QUARTER, _MIDDLE, _THREE_QUARTERS = (QUANTILES.index(q) for q in (0.25, 0.5, 0.75))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The spread of one class.

    Attributes:
        low: Place of the 2 % quantile, 0..`WIDTH`.
        box_low: Of the 25 % quantile.
        middle: Of the median.
        box_high: Of the 75 % quantile.
        high: Of the 98 % quantile.
    """

    low: float
    box_low: float
    middle: float
    box_high: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """One value.

    Attributes:
        at: Its place, 0..`WIDTH`; the very edge where it lies beyond both rows.
        letter: What it is called; "" where there is only one.
        beyond: -1 below both rows, +1 above both, 0 otherwise.
    """

    at: float
    letter: str
    beyond: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A drawing of values against both rows.

    Attributes:
        studio: The row of studio photographs.
        natural: The row of natural photographs.
        markers: The values that could be measured.
        words: The same in words.
    """

    studio: Row
    natural: Row
    markers: tuple[Marker, ...]
    words: str


def strip(typical: Typical | None, values: Sequence[tuple[str, float | None]]) -> Strip | None:
    """Lay values out against their typical spread.

    Args:
        typical: The spread; None for a measure that has none.
        values: Letter and value of each mark; a missing value has no mark.

    Returns:
        The drawing; None without a spread or without any value.
    """
    known = [(letter, value) for letter, value in values if value is not None]
    if typical is None or not known:
        return None
    return Strip(
        studio=_row(typical.studio, typical),
        natural=_row(typical.natural, typical),
        markers=tuple(_marker(letter, value, typical) for letter, value in known),
        words="; ".join(_words(letter, value, typical) for letter, value in known),
    )


def place_words(value: float, quantiles: Sequence[float]) -> str:
    """Say where a value lies in a class.

    Args:
        value: The value.
        quantiles: Values at `QUANTILES`, never falling.
    """
    below = bisect_left(quantiles, value)  # quantiles that are smaller
    above = len(quantiles) - bisect_right(quantiles, value)  # quantiles that are larger
    if below == len(quantiles):
        return f"above {QUANTILES[-1]:.0%}"
    if above == len(quantiles):
        return f"below {1 - QUANTILES[0]:.0%}"
    if below <= _THREE_QUARTERS and above <= len(quantiles) - 1 - _QUARTER:
        return "among the middle half"
    if below > _THREE_QUARTERS:
        return f"above {QUANTILES[below - 1]:.0%}"
    return f"below {1 - QUANTILES[len(quantiles) - above]:.0%}"


def _words(letter: str, value: float, typical: Typical) -> str:
    studio, natural = (place_words(value, row) for row in (typical.studio, typical.natural))
    name = f"{letter}: " if letter else ""
    return f"{name}{studio} of the studio, {natural} of the natural photographs"


def _row(quantiles: Sequence[float], typical: Typical) -> Row:
    places = [_place(value, typical) for value in quantiles]
    return Row(
        low=places[0],
        box_low=places[_QUARTER],
        middle=places[_MIDDLE],
        box_high=places[_THREE_QUARTERS],
        high=places[-1],
    )


def _marker(letter: str, value: float, typical: Typical) -> Marker:
    beyond = (value > typical.high) - (value < typical.low)
    edge = {-1: _EDGE / 2, 1: WIDTH - _EDGE / 2}
    return Marker(at=edge.get(beyond) or _place(value, typical), letter=letter, beyond=beyond)


def _place(value: float, typical: Typical) -> float:
    span = (typical.high - typical.low) or 1.0
    return round(_EDGE + (WIDTH - 2 * _EDGE) * (value - typical.low) / span, 1)
