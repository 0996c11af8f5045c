"""Backlight: is the border brighter than the middle, as with light from behind?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec

if TYPE_CHECKING:
    from studio_detector.planes import Planes

SPEC = AnalysisSpec(
    name="backlight",
    version=1,
    phase="lighting",
    title="Backlight",
    summary="Compares the lightness of the border with that of the middle.",
    measures=(
        MeasureSpec(
            name="border_lift",
            summary="mean L* of the border minus mean L* inside it; high: lit from behind",
            unit="L*",
            low=-100.0,
            high=100.0,
        ),
    ),
)


def measure(planes: Planes) -> Measurement:
    """Measure the backlight of one picture.

    Args:
        planes: The shared planes.

    Returns:
        ``border_lift`` in L*, or None where the border fills the whole picture.
    """
    border = planes.border
    if border.all():
        return Measurement.of(SPEC, {}, reason="the picture is all border")
    lift = float(planes.lightness[border].mean() - planes.lightness[~border].mean())
    return Measurement.of(SPEC, {"border_lift": lift})
