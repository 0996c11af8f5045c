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
class Components:
    """The eight-connected parts of a mask.

    Attributes:
        labels: int32 (rows, columns); 0 outside, 1..count inside.
        areas_px: int64 (count,), pixels of each part.
        boxes_px: int64 (count, 4): first column, first row, columns, rows.
    """

    labels: npt.NDArray[np.int32]
    areas_px: npt.NDArray[np.int64]
    boxes_px: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of parts."""
        return len(self.areas_px)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Highlights(Components):
    """The bright areas of a picture.

    Attributes:
        threshold: Luma level from which a pixel counts, `HIGHLIGHT_MINIMUM` to
            `HIGHLIGHT_MAXIMUM`.
        mask: bool (rows, columns).
    """

    threshold: int
    mask: Mask


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
    mask.setflags(write=False)
    parts = components(mask)
    return Highlights(
        threshold=threshold,
        mask=mask,
        labels=parts.labels,
        areas_px=parts.areas_px,
        boxes_px=parts.boxes_px,
    )


def components(mask: Mask) -> Components:
    """Find the eight-connected parts of a mask, in the order of their labels.

    Areas and boxes come from the runs of set pixels along the rows: there are far fewer of
    them than pixels, and OpenCV's own statistics cost ten times as much.

    Args:
        mask: bool (rows, columns).
    """
    # A column of nothing at either side, so that runs alternate between start and end.
    framed = cv2.copyMakeBorder(mask.view(np.uint8), 0, 0, 1, 1, cv2.BORDER_CONSTANT, value=0)
    number, found = cv2.connectedComponents(framed, connectivity=8, ltype=cv2.CV_32S)
    labels = np.asarray(found, dtype=np.int32)
    flat = framed.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, ends = changes[::2], changes[1::2]
    part = labels.ravel()[starts] - 1
    row, left = np.divmod(starts, framed.shape[1])
    first, last = np.full(number - 1, framed.shape[1]), np.zeros(number - 1, dtype=np.int64)
    np.minimum.at(first, part, left)
    np.maximum.at(last, part, left + (ends - starts))
    # Runs are in the order of rows, and the last of several assignments stays.
    top, bottom = np.empty_like(first), np.empty_like(first)
    top[part[::-1]] = row[::-1]
    bottom[part] = row + 1
    boxes = np.stack([first - 1, top, last - first, bottom - top], axis=1)
    areas = np.bincount(part, weights=ends - starts, minlength=number - 1).astype(np.int64)
    for array in (labels, areas, boxes):
        array.setflags(write=False)
    return Components(labels=labels[:, 1:-1], areas_px=areas, boxes_px=boxes)


def shadow(luma: npt.NDArray[np.uint8], histogram: Histogram) -> Mask:
    """Dark pixels by an adaptive level: bool (rows, columns)."""
    level = int(histogram.percentile(SHADOW_PERCENTILE)) + NOISE_MARGIN_LEVELS
    return luma <= min(max(level, SHADOW_MINIMUM), SHADOW_MAXIMUM)


def border(rows_px: int, columns_px: int) -> Mask:
    """The outer frame, `BORDER_RATIO` of the short side but at least 1 px wide: bool."""
    mask = np.ones((rows_px, columns_px), dtype=np.bool_)
    mask[inside_border(rows_px, columns_px)] = False
    return mask


def inside_border(rows_px: int, columns_px: int) -> tuple[slice, slice]:
    """Rows and columns that the border leaves; empty in the smallest pictures."""
    width = border_px(rows_px, columns_px)
    return slice(width, rows_px - width), slice(width, columns_px - width)


def border_px(rows_px: int, columns_px: int) -> int:
    """Width of the border: `BORDER_RATIO` of the short side, at least 1."""
    return max(1, round(BORDER_RATIO * min(rows_px, columns_px)))


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
    # From a frame around the picture, a flood reaches what the border reaches.
    flooded = cv2.copyMakeBorder(smooth.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(flooded, None, (0, 0), 2, flags=4)
    return np.asarray(flooded[1:-1, 1:-1] == 2)


def enlarged(mask: Mask, rows_px: int, columns_px: int) -> Mask:
    """A mask at another size, by the nearest pixel: bool (rows_px, columns_px)."""
    # The exact variant keeps left and right alike, the plain one does not.
    large = cv2.resize(
        mask.view(np.uint8), (columns_px, rows_px), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return np.asarray(large, dtype=np.uint8).view(np.bool_)
