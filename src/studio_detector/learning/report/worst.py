"""The worst errors of a model, with the evidence that misled it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.decision.policy import label
from studio_detector.learning.metrics import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.decision.evidence import EvidenceTerm
    from studio_detector.decision.model import Model
    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable
    from studio_detector.learning.predict import Predictions

#: Pieces of evidence named for each error.
EVIDENCE_NAMED = 3
_BETWEEN_MEASURES = " with "


@dataclass(frozen=True, slots=True, kw_only=True)
class Misleading:
    """One piece of evidence that spoke for the wrong side.

    Attributes:
        measures: Full names of the measures read.
        words: What was measured and which way it spoke, for people.
        log_odds: What it added; above 0 speaks for studio.
    """

    measures: tuple[str, ...]
    words: str
    log_odds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstError:
    """One photograph on the wrong side.

    Attributes:
        path: Where the file is; never part of a report.
        name: Name in the set.
        truth: Its label in the set.
        label: What the model calls it: perhaps "uncertain".
        confidence: P(studio).
        group: Its group.
        hard: Whether a careful person could easily be wrong.
        evidence: What misled the model most, strongest first.
    """

    path: Path
    name: str
    truth: str
    label: str
    confidence: float
    group: str
    hard: bool
    evidence: tuple[Misleading, ...]


def worst_errors(
    model: Model,
    photos: Sequence[Photo],
    table: MeasurementTable,
    specs: Sequence[AnalysisSpec],
    predictions: Predictions,
    *,
    count: int,
) -> tuple[WorstError, ...]:
    """The wrong verdicts that the model was surest of.

    Args:
        model: The model.
        photos: Decided photographs.
        table: Their measurements, one row each, in the same order.
        specs: The analyses, in running order.
        predictions: What the model said about them.
        count: How many at most.

    Returns:
        Errors, the surest first; equals by name.
    """
    studio = np.array([photo.label == "studio" for photo in photos])
    wrong = np.flatnonzero((predictions.confidence > THRESHOLD) != studio)
    certainty = np.abs(predictions.confidence - THRESHOLD).round(12)
    order = sorted(wrong.tolist(), key=lambda row: (-certainty[row], photos[row].name))
    return tuple(
        _error(model, photos[row], row, table, specs, predictions) for row in order[:count]
    )


def evidence_words(term: EvidenceTerm, specs: Iterable[AnalysisSpec]) -> str:
    """Say what a term read and which way it spoke, in one line.

    Args:
        term: The evidence.
        specs: Analyses whose measures have a summary; other measures go by their names.
    """
    known = {spec.key(m): (spec, m) for spec in specs for m in spec.measures}
    parts = []
    for key, value in zip(term.measures, term.values, strict=True):
        spec, measure = known.get(key, (None, None))
        unit = "" if measure is None or measure.unit in {"", "1"} else f" {measure.unit}"
        shown = "missing" if value is None else f"{value:.3g}{unit}"
        what = key if spec is None or measure is None else f"{spec.title}: {measure.summary}"
        parts.append(f"{what}: {shown}")
    side = "studio" if term.log_odds > 0 else "natural"
    return f"{_BETWEEN_MEASURES.join(parts)}, speaks for {side} ({term.log_odds:+.2f})"


def _error(
    model: Model,
    photo: Photo,
    row: int,
    table: MeasurementTable,
    specs: Sequence[AnalysisSpec],
    predictions: Predictions,
) -> WorstError:
    settled = bool(predictions.settled[row])
    chosen = [spec for spec in specs if spec.phase == "lighting" or not settled]
    head = model.lighting if settled else model.full
    terms = head.evaluate(table.measurements(row, chosen)).terms
    # Towards the wrong side: down for studio, up for natural.
    wrong_way = -1.0 if photo.label == "studio" else 1.0
    misled = sorted(terms, key=lambda term: -wrong_way * term.log_odds)
    confidence = float(predictions.confidence[row])
    return WorstError(
        path=photo.path,
        name=photo.name,
        truth=photo.label,
        label=label(
            confidence,
            uncertain_low=model.uncertain_low,
            uncertain_high=model.uncertain_high,
        ),
        confidence=confidence,
        group=photo.group,
        hard=photo.hard,
        evidence=tuple(
            Misleading(
                measures=term.measures,
                words=evidence_words(term, chosen),
                log_odds=term.log_odds,
            )
            for term in misled[:EVIDENCE_NAMED]
            if wrong_way * term.log_odds > 0
        ),
    )
