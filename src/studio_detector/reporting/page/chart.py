"""Where the bars of a waterfall lie, on a scale that several waterfalls can share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.reporting.explanation.waterfall import Step, Waterfall

#: Width of a chart in the units of its drawing.
WIDTH = 1000.0
# Ticks aimed at; their steps are 1, 2 or 5 times a power of ten.
_TICKS = 5
_STEPS = (1.0, 2.0, 5.0, 10.0)
# Free space at either end, as a share of what is drawn.
_MARGIN = 0.04
# So near to an end, in percent, the words of a tick are moved inwards.
_END_PERCENT = 12.0
# Narrowest bar that can still be seen, in units of the drawing.
_THINNEST = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One mark of an axis.

    Attributes:
        at: Its place, 0..`WIDTH`.
        words: Its value.
    """

    at: float
    words: str

    @property
    def percent(self) -> float:
        """Its place as a share of the width, 0..100."""
        return round(100 * self.at / WIDTH, 3)

    @property
    def anchor(self) -> str:
        """Which end of its words stands there, so that none leaves the chart."""
        near = _END_PERCENT
        return "start" if self.percent < near else "end" if self.percent > 100 - near else "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A linear scale of log-odds.

    Attributes:
        low: Log-odds at the left end.
        high: Log-odds at the right end.
    """

    low: float
    high: float

    @classmethod
    def of(cls, *falls: Waterfall) -> Scale:
        """The scale that holds every sum of these waterfalls, and zero."""
        ends = [0.0]
        for fall in falls:
            ends += [end for step in fall.steps for end in (step.before, step.after)]
            ends.append(fall.logit)
        low, high = min(ends), max(ends)
        room = _MARGIN * ((high - low) or 1.0)
        return cls(low=low - room, high=high + room)

    def place(self, log_odds: float) -> float:
        """Where log-odds lie, 0..`WIDTH`, to a hundredth."""
        return round(WIDTH * (log_odds - self.low) / (self.high - self.low), 2)

    @property
    def zero(self) -> float:
        """Where even odds lie."""
        return self.place(0.0)

    def ticks(self) -> tuple[Tick, ...]:
        """Marks at round values, zero among them."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in _STEPS if factor * power >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        decimals = max(0, -math.floor(math.log10(step)))
        return tuple(
            Tick(at=self.place(number * step), words=_tick_words(number * step, decimals))
            for number in range(first, last + 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step of a waterfall as a bar.

    Attributes:
        step: The step.
        left: Left end, 0..`WIDTH`.
        width: Width; even the smallest can be seen.
        before: Where the step starts.
        after: Where it ends.
        tone: "studio" or "natural", whichever it speaks for; "none" for neither.
    """

    step: Step
    left: float
    width: float
    before: float
    after: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A waterfall on a scale.

    Attributes:
        bars: One for each step.
        scale: The scale.
        logit: The sum.
        total: Left end and width of the bar of the sum.
        total_tone: What the sum speaks for.
    """

    bars: tuple[Bar, ...]
    scale: Scale
    logit: float
    total: tuple[float, float]
    total_tone: str


def chart(fall: Waterfall, scale: Scale) -> Chart:
    """Lay a waterfall out on a scale.

    Args:
        fall: The waterfall.
        scale: A scale that holds it; see `Scale.of`.
    """
    return Chart(
        bars=tuple(_bars(fall.steps, scale)),
        scale=scale,
        logit=fall.logit,
        total=_span(scale.zero, scale.place(fall.logit)),
        total_tone=tone(fall.logit),
    )


def tone(log_odds: float) -> str:
    """Which light log-odds speak for: "studio", "natural" or "none"."""
    return "studio" if log_odds > 0 else "natural" if log_odds < 0 else "none"


def _bars(steps: Iterable[Step], scale: Scale) -> Iterable[Bar]:
    for step in steps:
        before, after = scale.place(step.before), scale.place(step.after)
        left, width = _span(before, after)
        yield Bar(
            step=step,
            left=left,
            width=width,
            before=before,
            after=after,
            tone=tone(step.log_odds),
        )


def _span(start: float, end: float) -> tuple[float, float]:
    width = max(abs(end - start), _THINNEST)
    return round(min(start, end), 2), round(width, 2)


def _tick_words(value: float, decimals: int) -> str:
    return "0" if value == 0 else f"{value:+.{decimals}f}".replace("-", "\u2212")
