"""The page that lists the pages of several photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.page.environment import render
from studio_detector.reporting.page.photo_page import shown_name
from studio_detector.reporting.page.pictures import thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_detector.pipeline.report import Failure
    from studio_detector.reporting.explanation.waterfall import Step
    from studio_detector.reporting.page.context import Seen
    from studio_detector.reporting.page.pictures import Picture

#: Name of the page in its folder.
INDEX = "index.html"
_THUMBNAIL_PX = 160
# Steps named of each photo, the intercept left out.
_NAMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One photo in the list; small, so that a run may be long.

    Attributes:
        name: Name of the photo.
        page: File name of its page, beside the index.
        label: Its label.
        confidence: P(studio), 0..1.
        phase: The last phase that ran.
        strongest: Its strongest evidence.
        cautions: How many things to keep in mind.
        picture: The photo, small; None where it is no longer kept.
    """

    name: str
    page: str
    label: str
    confidence: float
    phase: str
    strongest: tuple[Step, ...]
    cautions: int
    picture: Picture | None


def entry(seen: Seen, page: str) -> Entry:
    """What the index keeps of a photo.

    Args:
        seen: The photo.
        page: File name of its page.
    """
    explanation = seen.explanation
    report = explanation.report
    return Entry(
        name=shown_name(explanation),
        page=page,
        label=report.label,
        confidence=report.confidence,
        phase=report.phase,
        strongest=tuple(step for step in explanation.waterfall.steps if step.measure)[:_NAMED],
        cautions=len(explanation.cautions),
        picture=None if seen.rgb is None else thumbnail(seen.rgb, side_px=_THUMBNAIL_PX),
    )


def index_page(
    entries: Sequence[Entry], failures: Sequence[Failure], labels: Mapping[str, int]
) -> str:
    """Write the list.

    Args:
        entries: The photos, in order.
        failures: Those that could not be analysed.
        labels: Label -> photos that got it.

    Raises:
        MissingExtraError: ``missing_extra`` if Jinja2 is not installed.
    """
    return render("index.html.j2", entries=entries, failures=failures, labels=labels)
