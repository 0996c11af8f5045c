"""First and second derivatives of luma, and statistics of small windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Side of the window of local statistics; odd, about 2 % of a 512 px side.
WINDOW_PX = 9
#: Gradient magnitude from which a pixel counts as an edge; 12 levels per px stands out
#: from JPEG and sensor noise, and is far below an object's outline.
EDGE_LEVELS_PER_PX = 12.0
# A 3x3 Sobel kernel weighs eight differences of unit distance.
_SOBEL_GAIN = 1 / 8


def sobel(
    luma: npt.NDArray[np.uint8], *, along: Literal["rows", "columns"]
) -> npt.NDArray[np.float32]:
    """Sobel derivative in levels per pixel: float32 (rows, columns).

    Args:
        luma: uint8 (rows, columns).
        along: "columns" for the derivative to the right, "rows" for the one downwards.

    Returns:
        The derivative, 0 for constant luma; borders are mirrored.
    """
    order = (1, 0) if along == "columns" else (0, 1)
    return cv2.Sobel(luma, cv2.CV_32F, *order, ksize=3, scale=_SOBEL_GAIN).astype(
        np.float32, copy=False
    )


def length(
    across: npt.NDArray[np.float32], down: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Length of two-component vectors, sqrt(across^2 + down^2): float32, same shape.

    cv2.magnitude is not used: its last bit depends on where the array lies in memory, and
    equal pictures must give equal floats.
    """
    squares = across * across
    squares += down * down
    return np.asarray(np.sqrt(squares, out=squares), dtype=np.float32)


def direction_deg(
    across: npt.NDArray[np.float32], down: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Direction of two-component vectors, clockwise from the right: float32, 0..360.

    By OpenCV's polynomial, within 0.3 degrees.
    """
    return np.asarray(cv2.phase(across, down, angleInDegrees=True), dtype=np.float32)


def laplacian(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Laplacian with the four-neighbour kernel: float32 (rows, columns)."""
    return cv2.Laplacian(luma, cv2.CV_32F, ksize=1).astype(np.float32, copy=False)


def edges(magnitude: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Where the gradient magnitude reaches `EDGE_LEVELS_PER_PX`: bool (rows, columns)."""
    return magnitude >= EDGE_LEVELS_PER_PX


def local_mean(luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Mean in a square window of `WINDOW_PX`, borders mirrored: float32 (rows, columns)."""
    # Sums of whole numbers: exact, and faster than those of floats.
    mean = cv2.boxFilter(luma, cv2.CV_32F, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_REFLECT)
    return mean.astype(np.float32, copy=False)


def local_variance(
    luma: npt.NDArray[np.uint8], mean: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Variance in the same window, never negative: float32 (rows, columns), levels squared."""
    filtered = cv2.sqrBoxFilter(
        luma, cv2.CV_32F, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_REFLECT
    )
    variance = np.asarray(filtered, dtype=np.float32)
    variance -= mean * mean
    # Rounding can push a flat window below zero.
    return np.maximum(variance, 0, out=variance)
