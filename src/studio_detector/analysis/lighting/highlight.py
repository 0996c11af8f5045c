"""Highlight: number, shape, place and strength of the bright areas.

Lamps and softboxes leave few, compact highlights on the subject, or a white backdrop in one
piece; sun through leaves, water and gravel leaves hundreds of ragged ones. Shapes and places
are taken on the reduced planes, so that counts do not grow with the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement
from studio_detector.analysis.lighting import _highlight_places, _highlight_shapes

if TYPE_CHECKING:
    from studio_detector.planes import Planes

SPEC = AnalysisSpec(
    name="highlight",
    version=2,
    phase="lighting",
    title="Highlight",
    summary=(
        "Number, size, roundness and place of the bright areas, how much is clipped, and how "
        "much sparkles."
    ),
    measures=_highlight_shapes.MEASURES + _highlight_places.MEASURES,
    references=("F. Hunter, S. Biver, P. Fuqua, Light: Science and Magic, 5th ed. (2015)",),
)


def measure(planes: Planes) -> Measurement:
    """Measure the highlights of one picture.

    Args:
        planes: The picture's shared planes; its reduced planes are used.

    Returns:
        All measures of `SPEC`; None with a reason where the picture has no highlight.
    """
    medium = planes.reduced
    return Measurement.of(
        SPEC,
        {
            **_highlight_shapes.measure_shapes(medium),
            **_highlight_places.measure_places(medium),
        },
        missing=_highlight_shapes.REASONS | _highlight_places.REASONS,
    )
