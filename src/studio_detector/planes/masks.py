"""Masks: highlights, shadow, the backdrop reachable from the border, the border itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes.statistics import Histogram

    Mask = npt.NDArray[np.bool_]

#: Highlights are the brightest pixels: those above this percentile of luma ...
HIGHLIGHT_PERCENTILE = 97.0
#: ... but never darker than this level, so that a dark picture has none.
HIGHLIGHT_MINIMUM = 160
#: ... and everything above this level counts: on a white ground the percentile is white
#: itself, and coding noise would tear the mask to pieces.
HIGHLIGHT_MAXIMUM = 245
#: Shadow is what lies below this percentile of luma ...
SHADOW_PERCENTILE = 20.0
#: ... but never brighter than this level, so that a high-key picture has none.
SHADOW_MAXIMUM = 96
#: ... and everything below this level counts, for the same reason on a black ground.
SHADOW_MINIMUM = 12
#: Both levels give way by so much, so that the noise of an even ground does not tear it.
NOISE_MARGIN_LEVELS = 6
#: Width of the border as a share of the short side.
BORDER_RATIO = 0.08
#: Smoothed gradient magnitude (levels per px) up to which a region counts as smooth.
SMOOTH_LEVELS_PER_PX = 2.5
#: Window over which the gradient is averaged before that comparison.
SMOOTH_WINDOW_PX = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Highlights:
    """The bright areas of a picture.

    Attributes:
        threshold: Luma level from which a pixel counts, `HIGHLIGHT_MINIMUM` to
            `HIGHLIGHT_MAXIMUM`.
        mask: bool (rows, columns).
        labels: int32 (rows, columns); 0 outside, 1..count inside.
        areas_px: int64 (count,), pixels of each component.
        boxes_px: int64 (count, 4): first column, first row, columns, rows.
        centroids_px: float64 (count, 2): column, row.
    """

    threshold: int
    mask: Mask
    labels: npt.NDArray[np.int32]
    areas_px: npt.NDArray[np.int64]
    boxes_px: npt.NDArray[np.int64]
    centroids_px: npt.NDArray[np.float64]

    @property
    def count(self) -> int:
        """Number of connected components."""
        return len(self.areas_px)


def highlights(luma: npt.NDArray[np.uint8], histogram: Histogram) -> Highlights:
    """Threshold luma at an adaptive level and find the eight-connected components.

    Args:
        luma: uint8 (rows, columns).
        histogram: Histogram of the same plane.

    Returns:
        The mask and its components, in the order of the labels.
    """
    level = int(histogram.percentile(HIGHLIGHT_PERCENTILE)) - NOISE_MARGIN_LEVELS
    threshold = min(max(level, HIGHLIGHT_MINIMUM), HIGHLIGHT_MAXIMUM)
    mask = luma >= threshold
    _, labels, stats, centroids = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    found = Highlights(
        threshold=threshold,
        mask=mask,
        labels=np.asarray(labels, dtype=np.int32),
        areas_px=stats[1:, cv2.CC_STAT_AREA].astype(np.int64),
        boxes_px=stats[1:, :4].astype(np.int64),
        centroids_px=centroids[1:].astype(np.float64),
    )
    for array in (found.mask, found.labels, found.areas_px, found.boxes_px, found.centroids_px):
        array.setflags(write=False)
    return found


def shadow(luma: npt.NDArray[np.uint8], histogram: Histogram) -> Mask:
    """Dark pixels by an adaptive level: bool (rows, columns)."""
    level = int(histogram.percentile(SHADOW_PERCENTILE)) + NOISE_MARGIN_LEVELS
    return luma <= min(max(level, SHADOW_MINIMUM), SHADOW_MAXIMUM)


def border(rows_px: int, columns_px: int) -> Mask:
    """The outer frame, `BORDER_RATIO` of the short side but at least 1 px wide: bool."""
    width = max(1, round(BORDER_RATIO * min(rows_px, columns_px)))
    mask = np.ones((rows_px, columns_px), dtype=np.bool_)
    mask[width : rows_px - width, width : columns_px - width] = False
    return mask


def backdrop(magnitude: npt.NDArray[np.float32]) -> Mask:
    """The smooth region reachable from the border.

    A pixel is smooth where the gradient magnitude, averaged over `SMOOTH_WINDOW_PX`, is at
    most `SMOOTH_LEVELS_PER_PX`. Kept are the connected smooth regions that touch the border.

    Args:
        magnitude: float32 (rows, columns), levels per px.

    Returns:
        bool (rows, columns).
    """
    window = (SMOOTH_WINDOW_PX, SMOOTH_WINDOW_PX)
    smooth = cv2.blur(magnitude, window, borderType=cv2.BORDER_REFLECT) <= SMOOTH_LEVELS_PER_PX
    _, labels = cv2.connectedComponents(smooth.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    reached = np.zeros(int(labels.max()) + 1, dtype=np.bool_)
    reached[rim] = True
    reached[0] = False
    return np.asarray(reached[labels], dtype=np.bool_)


def enlarged(mask: Mask, rows_px: int, columns_px: int) -> Mask:
    """A mask at another size, by the nearest pixel: bool (rows_px, columns_px)."""
    # The exact variant keeps left and right alike, the plain one does not.
    large = cv2.resize(
        mask.view(np.uint8), (columns_px, rows_px), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return np.asarray(large, dtype=np.uint8).view(np.bool_)
