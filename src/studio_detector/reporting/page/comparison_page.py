"""The page of two photos side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.explanation.reliability import reliability_words
from studio_detector.reporting.explanation.side_by_side import DIFFERENT_HEADS
from studio_detector.reporting.explanation.waterfall import measure_words
from studio_detector.reporting.page.cards import shown_value
from studio_detector.reporting.page.chart import Scale, chart, tone
from studio_detector.reporting.page.environment import render
from studio_detector.reporting.page.photo_page import shown_name
from studio_detector.reporting.page.pictures import pictures
from studio_detector.reporting.page.spread import strip

if TYPE_CHECKING:
    from studio_detector.reporting.explanation.comparison import Comparison, Difference
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.overlays import Overlay
    from studio_detector.reporting.page.chart import Chart
    from studio_detector.reporting.page.context import Context, Seen
    from studio_detector.reporting.page.pictures import Picture
    from studio_detector.reporting.page.spread import Strip

LETTERS = ("A", "B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One photo of the two.

    Attributes:
        letter: "A" or "B".
        name: Its name.
        explanation: Why it got its verdict.
        reliability: How far its confidence can be taken at its word.
        photo: The picture; None where it is no longer kept.
        chart: Its waterfall, on the scale of both.
    """

    letter: str
    name: str
    explanation: Explanation
    reliability: str
    photo: Picture | None
    chart: Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLine:
    """One term on both photos.

    Attributes:
        words: What it looks at.
        names: Full names of its measures.
        values: The values in words, first and second.
        log_odds: What they add.
        difference: What the second adds more.
        tone: What the difference speaks for.
        strip: Both values against the spread.
    """

    words: str
    names: tuple[str, ...]
    values: tuple[str, str]
    log_odds: tuple[float, float]
    difference: float
    tone: str
    strip: Strip | None


def comparison_page(comparison: Comparison, first: Seen, second: Seen, context: Context) -> str:
    """Write the page of two photos.

    Args:
        comparison: What sets them apart.
        first: The first photo.
        second: The second.
        context: How their verdicts were made.

    Raises:
        MissingExtraError: ``missing_extra`` if Jinja2 is not installed.
    """
    both = (first, second)
    pairs = _pairs(first, second)
    own = [seen.rgb for seen in both if seen.rgb is not None]
    drawn = list(pictures([*own, *(overlay.rgb for pair in pairs for overlay in pair)]))
    photos = [None if seen.rgb is None else drawn.pop(0) for seen in both]
    scale = Scale.of(*(seen.explanation.waterfall for seen in both))
    sides = [
        Side(
            letter=letter,
            name=shown_name(seen.explanation),
            explanation=seen.explanation,
            reliability=reliability_words(seen.explanation.reliability),
            photo=photo,
            chart=chart(seen.explanation.waterfall, scale),
        )
        for letter, seen, photo in zip(LETTERS, both, photos, strict=True)
    ]
    return render(
        "comparison.html.j2",
        sides=sides,
        band=context.band,
        intercepts=[seen.explanation.report.evidence.intercept for seen in both],
        differences=[_line(found, comparison, context) for found in comparison.differences],
        remark=None if comparison.same_head else DIFFERENT_HEADS,
        pairs=[
            (pair[0].title, list(zip(LETTERS, pair, drawn[2 * at : 2 * at + 2], strict=True)))
            for at, pair in enumerate(pairs)
        ],
        settings=context.settings,
        report=first.explanation.report,
    )


def _pairs(first: Seen, second: Seen) -> list[tuple[Overlay, Overlay]]:
    """Overlays that both photos have."""
    others = {overlay.name: overlay for overlay in second.overlays}
    return [(overlay, others[overlay.name]) for overlay in first.overlays if overlay.name in others]


def _line(found: Difference, comparison: Comparison, context: Context) -> DifferenceLine:
    measures = context.measures
    sides = (comparison.first, comparison.second)
    first, second = (
        shown_value(found.measures, values, side.report, measures)
        for values, side in zip(found.values, sides, strict=True)
    )
    single = [(letter, values[0]) for letter, values in zip(LETTERS, found.values, strict=True)]
    return DifferenceLine(
        words=" with ".join(measure_words(key, measures) for key in found.measures),
        names=found.measures,
        values=(first, second),
        log_odds=found.log_odds,
        difference=found.difference,
        tone=tone(found.difference),
        strip=(
            strip(context.typical.get(found.measures[0]), single)
            if len(found.measures) == 1
            else None
        ),
    )
