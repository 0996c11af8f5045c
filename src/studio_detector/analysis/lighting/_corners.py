"""The four corners: what is left of the backdrop when a subject fills the frame.

A portrait cut by three edges still shows paper in the two upper corners. The corners of a
studio picture are plain and alike; those of a street, a garden or a room are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import MeasureSpec

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float64 = npt.NDArray[np.float64]

#: Size of a corner as a share of each side.
CORNER_RATIO = 1 / 6
_CORNERS = "Statistics of the four corners, a sixth of each side"
_CIE76 = "CIE 15:2018, CIE76 colour difference"

MEASURES = (
    MeasureSpec(
        name="upper_corner_gradient",
        summary="Mean gradient of the busier upper corner",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_CORNERS,
    ),
    MeasureSpec(
        name="second_corner_gradient",
        summary="Mean gradient of the second plainest corner",
        unit="levels/px at 256 px",
        low=0,
        high=361,
        studio=-1,
        source=_CORNERS,
    ),
    MeasureSpec(
        name="upper_corner_difference",
        summary="Distance between the mean colours of the two upper corners",
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
    MeasureSpec(
        name="corner_difference",
        summary="Mean distance between the mean colours of any two corners",
        unit="CIE76",
        low=0,
        high=375,
        studio=-1,
        source=_CIE76,
    ),
)


def measure_corners(planes: Planes) -> dict[str, float | None]:
    """Measure the four corners on the reduced planes; defined on every picture."""
    lab = (planes.lightness, planes.a_star, planes.b_star)
    colour = np.stack([_corner_means(plane) for plane in lab], axis=1)
    gradient = _corner_means(planes.gradient_magnitude)
    distances = np.linalg.norm(colour[:, None] - colour[None, :], axis=2)
    return {
        "upper_corner_gradient": float(gradient[:2].max()),
        "second_corner_gradient": float(np.sort(gradient)[1]),
        "upper_corner_difference": float(distances[0, 1]),
        # Twelve of the sixteen pairs are of two different corners.
        "corner_difference": float(distances.sum() / 12),
    }


def _corner_means(plane: npt.NDArray[np.float32]) -> Float64:
    """Means in the corners: upper left, upper right, lower left, lower right."""
    rows, columns = plane.shape
    high, wide = max(1, round(CORNER_RATIO * rows)), max(1, round(CORNER_RATIO * columns))
    corners = (
        plane[:high, :wide],
        plane[:high, -wide:],
        plane[-high:, :wide],
        plane[-high:, -wide:],
    )
    return np.array([corner.mean(dtype=np.float64) for corner in corners])
