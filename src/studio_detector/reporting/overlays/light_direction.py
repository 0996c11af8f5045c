"""Where the light comes from, estimated for the eye from shading inside the subject.

No measure of the model reads this. The analysis ``shadow`` sums gradients over the whole
picture, where by Gauss's theorem all but the picture's own border cancels; that tells how the
picture is toned, not from where its subject is lit. Here outlines are left out (they say what
stands before what) and so is the backdrop, and what is left are slopes of light on forms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.lighting.shadow import DIRECTION_SIDE_PX
from studio_detector.planes.gradients import EDGE_LEVELS_PER_PX
from studio_detector.planes.masks import SMOOTH_WINDOW_PX

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Mask = npt.NDArray[np.bool_]

#: Share of the small picture from which shading says something: 64 of 128 x 96 px.
_LEAST_RATIO = 5e-3
#: Share of the slopes that must agree for an arrow. Under one lamp rendered balls reach 0.39
#: and more; in photographs, weaker agreement was often wrong: grass, hair, printed cloth, and
#: cast shadows taken for forms.
CLEAR_AGREEMENT = 0.25
_WORDS = (
    "the right",
    "the lower right",
    "below",
    "the lower left",
    "the left",
    "the upper left",
    "above",
    "the upper right",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightDirection:
    """Where light comes from, in the plane of the picture.

    Attributes:
        from_deg: Direction to the light, clockwise from the right, 0..360: 270 is above.
        agreement_ratio: How far slopes agree: 0 not at all, 1 all the same way.
    """

    from_deg: float
    agreement_ratio: float

    @property
    def clear(self) -> bool:
        """Whether slopes agree well enough to be shown."""
        return self.agreement_ratio >= CLEAR_AGREEMENT

    @property
    def words(self) -> str:
        """The nearest of eight directions, such as "the upper left"."""
        return _WORDS[round(self.from_deg / 45) % len(_WORDS)]


def light_direction(planes: Planes) -> LightDirection | None:
    """Estimate the direction of the light.

    Args:
        planes: The picture's planes.

    Returns:
        The direction, to be relied on where it is `clear`; None where too little is shaded.
    """
    small = planes.at(DIRECTION_SIDE_PX)
    chosen = shaded(planes)
    if np.count_nonzero(chosen) < _LEAST_RATIO * chosen.size:
        return None
    right = float(small.gradient_columns[chosen].sum(dtype=np.float64))
    down = float(small.gradient_rows[chosen].sum(dtype=np.float64))
    total = float(small.gradient_magnitude[chosen].sum(dtype=np.float64))
    if total <= 0:
        return None
    agreement = min(math.hypot(right, down) / total, 1.0)
    # A slope that rises to the right is lit from the right.
    return LightDirection(
        from_deg=math.degrees(math.atan2(down, right)) % 360, agreement_ratio=agreement
    )


def shaded(planes: Planes) -> Mask:
    """Where slopes count: inside what is not backdrop, and no outline: bool, small planes.

    The whole picture counts where the backdrop fills it.
    """
    small = planes.at(DIRECTION_SIDE_PX)
    subject = (~planes.reduced.backdrop).view(np.uint8)
    # The backdrop ends half a smoothing window before the subject does.
    depth = SMOOTH_WINDOW_PX // 2 + 1
    inside = cv2.erode(subject, np.ones((2 * depth + 1, 2 * depth + 1), dtype=np.uint8))
    size = (small.columns_px, small.rows_px)
    covered = cv2.resize(inside, size, interpolation=cv2.INTER_AREA) > 0
    if not covered.any():
        covered = np.ones_like(covered)
    return np.asarray(covered & (small.gradient_magnitude < EDGE_LEVELS_PER_PX))
