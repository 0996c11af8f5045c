"""One photo's explanation: everything that a terminal, a page or a notebook shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting import text
from studio_detector.reporting.explanation.cautions import cautions
from studio_detector.reporting.explanation.flips import smallest_flip
from studio_detector.reporting.explanation.reliability import reliability_of
from studio_detector.reporting.explanation.waterfall import MOST_STEPS, waterfall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import MeasureSpec
    from studio_detector.decision.model import Model
    from studio_detector.pipeline.report import Report
    from studio_detector.pipeline.settings import Settings
    from studio_detector.reporting.explanation.flips import Flip
    from studio_detector.reporting.explanation.reliability import Reliability
    from studio_detector.reporting.explanation.waterfall import Waterfall

_NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a photo got its verdict.

    Attributes:
        report: The report explained.
        waterfall: The evidence, strongest first.
        flip: The fewest measurements that would turn the verdict; None where the model is not
            at hand.
        flip_of_cues: The same with the network's opinion as it is; None where the model reads
            no network.
        reliability: How often such a confidence was right; None where the card does not say.
        phases: Which phases ran and why, in words.
        cautions: What to keep in mind, in sentences.
    """

    report: Report
    waterfall: Waterfall
    flip: Flip | None
    flip_of_cues: Flip | None
    reliability: Reliability | None
    phases: str
    cautions: tuple[str, ...]


def explain(
    report: Report,
    model: Model | None,
    settings: Settings,
    measures: Mapping[str, MeasureSpec],
    *,
    most: int | None = MOST_STEPS,
) -> Explanation:
    """Explain a report.

    Args:
        report: What was found.
        model: The model it was found with; None if that is no longer at hand.
        settings: The settings it was found with.
        measures: Full name -> specification of every measure.
        most: Terms of the waterfall named one by one; None for all.
    """
    flip = flip_of_cues = None
    if model is not None:
        head = model.full if report.phase == "detail" else model.lighting
        flip = smallest_flip(head, report.evidence)
        if any(term.component == _NETWORK for term in report.evidence.terms):
            flip_of_cues = smallest_flip(head, report.evidence, fixed=(_NETWORK,))
    return Explanation(
        report=report,
        waterfall=waterfall(report.evidence, measures, most=most),
        flip=flip,
        flip_of_cues=flip_of_cues,
        reliability=None if model is None else reliability_of(report.confidence, model.card),
        phases=text.phase_words(report, settings),
        cautions=cautions(report),
    )
