"""The recipe's second half: frequency 30, depth of field 25, composition 25, texture 20 %."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage
from skimage.feature import graycomatrix, graycoprops

from benchmarks.candidates.seed.lighting import gradients, window_variance

_Grey = npt.NDArray[np.float64]

_WEIGHTS = (0.30, 0.25, 0.25, 0.20)
_GRID = 8
_GREY_LEVELS = 8
_DISTANCES_PX = (1,)
_ANGLES = (0.0,)
_EMPTY_VARIANCE = 100.0
_GRADIENT_SCALE = 50.0
_TINY = 1e-6


def score(bgr: npt.NDArray[np.uint8]) -> float:
    """How studio-like the detail is, 0..1.

    Args:
        bgr: Picture at working size, shape (rows, columns, 3).
    """
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float64)
    parts = (frequency(grey), depth_of_field(grey), composition(grey), texture(grey))
    return float(np.dot(_WEIGHTS, parts))


def frequency(grey: _Grey) -> float:
    """Much of the power at low frequencies, and smooth borders."""
    power = np.abs(fft.fftshift(fft.fft2(grey - grey.mean()))) ** 2
    rows, columns = grey.shape
    down, across = np.ogrid[
        -(rows // 2) : rows - rows // 2, -(columns // 2) : columns - columns // 2
    ]
    radius = np.hypot(down / rows, across / columns)
    low = float(power[radius <= 0.1].sum() / (power.sum() + _TINY))
    _, _, magnitude = gradients(grey)
    border = np.ones(grey.shape, bool)
    border[rows // 8 : -(rows // 8), columns // 8 : -(columns // 8)] = False
    smoothness = 1 - min(float(magnitude[border].mean()) / _GRADIENT_SCALE, 1)
    return float(np.mean((low, smoothness)))


def depth_of_field(grey: _Grey) -> float:
    """Sharpness that falls off from the sharpest place, and an even blur elsewhere."""
    laplacian = np.asarray(cv2.Laplacian(grey, cv2.CV_64F), np.float64)
    sharpness = np.array(
        [
            [part.var() for part in np.array_split(band, _GRID, axis=1)]
            for band in np.array_split(laplacian, _GRID, axis=0)
        ]
    )
    row, column = np.unravel_index(np.argmax(sharpness), sharpness.shape)
    down, across = np.indices(sharpness.shape)
    distance = np.hypot(down - row, across - column)
    if sharpness.std() < _TINY:
        return 0.5
    fall = max(0.0, -float(np.corrcoef(distance.ravel(), sharpness.ravel())[0, 1]))
    blurred = sharpness[sharpness <= np.median(sharpness)]
    evenness = 1 - min(float(blurred.std() / (blurred.mean() + _TINY)), 1)
    return float(np.mean((fall, evenness)))


def composition(grey: _Grey) -> float:
    """The subject on a third, symmetry, empty space."""
    _, _, magnitude = gradients(grey)
    saliency = ndimage.gaussian_filter(magnitude, sigma=10)
    rows, columns = grey.shape
    down, across = ndimage.center_of_mass(saliency + _TINY)
    thirds = min(
        float(np.hypot(down / rows - vertical, across / columns - horizontal))
        for vertical in (1 / 3, 2 / 3)
        for horizontal in (1 / 3, 2 / 3)
    )
    symmetry = 1 - float(np.abs(grey - grey[:, ::-1]).mean()) / 255
    empty = float((window_variance(grey) < _EMPTY_VARIANCE).mean())
    return float(np.mean((1 - min(3 * thirds, 1), symmetry, empty)))


def texture(grey: _Grey) -> float:
    """Smooth borders and a centre that differs from them, by co-occurrence of grey levels."""
    levels = np.minimum(grey * _GREY_LEVELS / 256, _GREY_LEVELS - 1).astype(np.uint8)
    rows, columns = (side // 4 for side in levels.shape)
    borders = (levels[:rows], levels[-rows:], levels[:, :columns], levels[:, -columns:])
    behind = [_homogeneity_and_contrast(border) for border in borders]
    homogeneity, contrast = np.mean(behind, axis=0)
    _, subject_contrast = _homogeneity_and_contrast(levels[rows:-rows, columns:-columns])
    apart = min(abs(subject_contrast - contrast), 1)
    return float(np.mean((homogeneity, apart)))


def _homogeneity_and_contrast(levels: npt.NDArray[np.uint8]) -> tuple[float, float]:
    matrix = graycomatrix(
        levels, _DISTANCES_PX, _ANGLES, levels=_GREY_LEVELS, symmetric=True, normed=True
    )
    return (
        float(graycoprops(matrix, "homogeneity").mean()),
        float(graycoprops(matrix, "contrast").mean()),
    )
