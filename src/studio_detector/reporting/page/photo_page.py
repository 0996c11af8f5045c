"""The page of one photo."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from studio_detector.reporting.explanation.reliability import reliability_words
from studio_detector.reporting.explanation.waterfall import measure_words, number_words
from studio_detector.reporting.page.cards import cards
from studio_detector.reporting.page.chart import Scale, chart
from studio_detector.reporting.page.environment import render
from studio_detector.reporting.page.pictures import pictures

if TYPE_CHECKING:
    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.explanation.flips import Flip
    from studio_detector.reporting.page.context import Context, Seen

# Changes of a flip that are named; a larger set is no answer anybody could use.
_MOST_CHANGES = 12


def photo_page(seen: Seen, context: Context, *, index: str | None = None) -> str:
    """Write the page of one photo: no script, nothing from outside, every text escaped.

    Args:
        seen: The photo.
        context: How its verdict was made.
        index: File name of the page that lists this one among others; None without.

    Returns:
        HTML, of less than 1.5 MB.

    Raises:
        MissingExtraError: ``missing_extra`` if Jinja2 is not installed.
    """
    explanation = seen.explanation
    report = explanation.report
    own = () if seen.rgb is None else (seen.rgb,)
    made = pictures([*own, *(overlay.rgb for overlay in seen.overlays)])
    photo, drawn = (None, made) if seen.rgb is None else (made[0], made[1:])
    shown = list(zip(seen.overlays, drawn, strict=True))
    parts = cards(report, context.specs, context.typical)
    known = {card.name for card in parts}
    return render(
        "photo.html.j2",
        name=shown_name(explanation),
        explanation=explanation,
        report=report,
        reliability=reliability_words(explanation.reliability),
        band=context.band,
        photo=photo,
        chart=chart(explanation.waterfall, Scale.of(explanation.waterfall)),
        flips=flips(explanation, context.measures),
        cards=parts,
        overlays={
            card.name: [pair for pair in shown if pair[0].component == card.name] for card in parts
        },
        other_overlays=[pair for pair in shown if pair[0].component not in known],
        # Those it was measured with, which need not be the installed ones.
        versions=list(
            (
                {spec.name: spec.version for spec in context.specs}
                | {name: found.version for name, found in report.measurements.items()}
            ).items()
        ),
        settings=context.settings,
        timing=context.timing,
        index=index,
    )


def shown_name(explanation: Explanation) -> str:
    """The file name of a photo, without its folders; "(no name)" for one without."""
    path = explanation.report.path
    if path is None:
        return "(no name)"
    return "standard input" if path == "-" else os.path.basename(path) or path  # noqa: PTH119 - a name, not a path


def flips(
    explanation: Explanation, measures: dict[str, MeasureSpec]
) -> list[tuple[str, Flip, list[tuple[str, str, str, float, float]], int]]:
    """The flips for a page: heading, flip, its named changes in words, and how many more."""
    asked = []
    if explanation.flip is not None:
        asked.append(("What would turn the verdict", explanation.flip))
    if explanation.flip_of_cues is not None:
        asked.append(
            ("What would turn it with the network's opinion as it is", explanation.flip_of_cues)
        )
    found = []
    for heading, flip in asked:
        named = flip.changes[:_MOST_CHANGES]
        rows = [
            (
                measure_words(change.measure, measures),
                number_words(change.value, measures.get(change.measure)),
                number_words(change.needed, measures.get(change.measure)),
                change.log_odds,
                change.needed_log_odds,
            )
            for change in named
        ]
        found.append((heading, flip, rows, len(flip.changes) - len(named)))
    return found
