"""From a report and its picture to the overlays that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.reporting.overlays.draw import EVIDENCE, OVERLAYS, draw
from studio_detector.reporting.overlays.occlusion import head_logit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_detector.analysis.base import Measurement
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.model import Model
    from studio_detector.pipeline.report import Report
    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays.draw import OverlayKind
    from studio_detector.reporting.overlays.overlay import Overlay


def drawable(
    measurements: Mapping[str, Measurement], *, evidence_map: bool = True
) -> Iterator[OverlayKind]:
    """The overlays of what was measured.

    Args:
        measurements: Those of a report.
        evidence_map: Include the map of the evidence, which needs the model.
    """
    for kind in OVERLAYS.values():
        if kind.component in measurements or (kind.name == EVIDENCE and evidence_map):
            yield kind


def drawn(
    kind: OverlayKind,
    planes: Planes,
    report: Report,
    model: Model | None,
    registry: Registry,
) -> Overlay:
    """Draw one overlay of a report.

    Args:
        kind: Which.
        planes: The picture's planes.
        report: What was found on them.
        model: The model it was found with, which judges for the map of the evidence; the others
            do without.
        registry: The analyses.

    Raises:
        ConfigError: ``config_invalid_value`` for the map of the evidence without a model.
    """
    if model is None or kind.name != EVIDENCE:
        return draw(kind.name, planes, report)
    head = model.full if report.phase == "detail" else model.lighting
    return draw(kind.name, planes, report, logit=head_logit(head, registry))
