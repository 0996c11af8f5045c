"""The four corners: what is left of the backdrop when a subject fills the frame.

A portrait cut by three edges still shows paper in the two upper corners. The corners of a
studio picture are plain; those of a street, a garden or a room are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.statistics import mean

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Size of a corner as a share of each side.
CORNER_RATIO = 1 / 6
_METHOD = "Statistics of the four corners, a sixth of each side"

MEASURES = (
    MeasureSpec(
        name="upper_corner_gradient",
        summary="Mean gradient of the busier of the two upper corners",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_METHOD,
    ),
    MeasureSpec(
        name="second_corner_gradient",
        summary="Mean gradient of the second plainest of the four corners",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_METHOD,
    ),
)


def measure_corners(planes: Planes) -> dict[str, float | None]:
    """Measure the four corners of the reduced planes; defined on every picture."""
    plane = planes.gradient_magnitude
    high = max(1, round(CORNER_RATIO * planes.rows_px))
    wide = max(1, round(CORNER_RATIO * planes.columns_px))
    upper, lower = plane[:high], plane[-high:]
    corners = (upper[:, :wide], upper[:, -wide:], lower[:, :wide], lower[:, -wide:])
    gradients = [mean(corner) for corner in corners]
    return {
        "upper_corner_gradient": max(gradients[:2]),
        "second_corner_gradient": sorted(gradients)[1],
    }
