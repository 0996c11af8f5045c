"""Edge widths: how far out of focus the outlines in a picture are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

#: Gradient from which a ridge counts as an edge; lower than `Planes.edges` asks for, since
#: the edges of defocused things are faint.
_EDGE_LEVELS_PER_PX = 5.0
#: Standard deviation of the blur applied once more.
REBLUR_PX = 1.0
#: Least ratio of gradients told from one; edges are at most 5 px wide by it.
_LEAST_RATIO = 1.02
_SOBEL_GAIN = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Thin edges of a picture.

    Attributes:
        place: intp (count,): edge pixels, as places in the flattened picture.
        width_px: float32 (count,): standard deviation of the blur there, 0..5.
        contrast: float32 (count,): gradient there, levels per px.
    """

    place: npt.NDArray[np.intp]
    width_px: npt.NDArray[np.float32]
    contrast: npt.NDArray[np.float32]


def edges(planes: Planes, blurred: npt.NDArray[np.float32]) -> Edges:
    """Find crests of the gradient and how blurred each is.

    Blurring an edge of standard deviation s once more by r lowers its gradient by the ratio
    sqrt(1 + r^2 / s^2), whatever its contrast (Zhuo and Sim 2011), so s follows from it.

    Args:
        planes: Planes of the reduced picture, at least 3x3.
        blurred: float32 (rows, columns): its luma after a Gaussian blur of `REBLUR_PX`.

    Returns:
        The edges, none where the picture has no crest.
    """
    magnitude = planes.gradient_magnitude
    place = _crests(magnitude, planes.gradient_columns, planes.gradient_rows)
    contrast = magnitude.ravel()[place]
    across = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, scale=_SOBEL_GAIN).ravel()[place]
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, scale=_SOBEL_GAIN).ravel()[place]
    softened = np.maximum(np.square(across) + np.square(down), np.float32(1e-6))
    squared_ratio = np.maximum(np.square(contrast) / softened, np.float32(_LEAST_RATIO**2))
    width = np.float32(REBLUR_PX) / np.sqrt(squared_ratio - 1)
    return Edges(place=place, width_px=width.astype(np.float32), contrast=contrast)


def _crests(
    magnitude: npt.NDArray[np.float32],
    along_columns: npt.NDArray[np.float32],
    along_rows: npt.NDArray[np.float32],
) -> npt.NDArray[np.intp]:
    """Where the gradient is largest across the edge: intp (count,), flattened places."""
    columns = magnitude.shape[1]
    strong = magnitude > _EDGE_LEVELS_PER_PX
    strong[[0, -1]] = False
    strong[:, [0, -1]] = False
    place = np.flatnonzero(strong)
    upright = np.abs(along_columns.ravel()[place]) >= np.abs(along_rows.ravel()[place])
    step = np.where(upright, 1, columns)
    values = magnitude.ravel()
    here, before, after = values[place], values[place - step], values[place + step]
    # One side must be lower: an even ramp is not an edge. Either may tie, so that the
    # mirrored picture has the mirrored crests.
    crest = (here >= before) & (here >= after) & ((here > before) | (here > after))
    return place[crest]
