"""Background: the backdrop, the border, and the subject set against them.

A studio stands before paper, cloth or a painted wall: smooth up to the border on three or
four sides, with light that falls on it as on one surface. A sky is as smooth, but not at the
bottom; a blurred garden is smooth, but not of one colour. Structure is measured on the
reduced planes, colour on smaller ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement
from studio_detector.analysis.lighting import _backdrop, _border, _corners, _subject, _surface

if TYPE_CHECKING:
    from studio_detector.planes import Planes

SPEC = AnalysisSpec(
    name="background",
    version=2,
    phase="lighting",
    title="Background",
    summary=(
        "Coverage and smoothness of the backdrop, statistics of the border, and how the "
        "subject stands out."
    ),
    measures=(
        *_backdrop.MEASURES,
        *_surface.MEASURES,
        *_border.MEASURES,
        *_corners.MEASURES,
        *_subject.MEASURES,
    ),
    references=("F. Hunter, S. Biver, P. Fuqua, Light: Science and Magic, 5th ed. (2015)",),
)


def measure(planes: Planes) -> Measurement:
    """Measure the background of one picture.

    Args:
        planes: The picture's shared planes.

    Returns:
        All measures of `SPEC`; those that need a backdrop or a subject are None, with the
        reason, where there is none.
    """
    medium = planes.reduced
    return Measurement.of(
        SPEC,
        {
            **_backdrop.measure_backdrop(medium),
            **_surface.measure_surface(medium),
            **_border.measure_border(medium),
            **_corners.measure_corners(medium),
            **_subject.measure_subject(medium),
        },
        missing=_backdrop.REASONS | _surface.REASONS | _subject.REASONS,
    )
