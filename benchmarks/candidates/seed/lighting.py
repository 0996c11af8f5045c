"""The recipe's first half: shadow, highlight, colour temperature, background; a quarter each."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

_Grey = npt.NDArray[np.float64]
_Bgr = npt.NDArray[np.uint8]

#: Side of the neighbourhood whose variance is taken, in pixels.
NEIGHBOURHOOD_PX = 20
_SHADOW_PERCENTILE = 30
_EDGE_PERCENTILE = 75
_HIGHLIGHT_PERCENTILE = 95
_SMALLEST_HIGHLIGHT_PX = 10
_REGIONS = 4
_GRADIENT_SCALE = 100.0
_LAB_SCALE = 20.0
_GREY_SCALE = 128.0
_RIM_SCALE = 50.0
_MIXED_SCALE = 50.0
_TINY = 1e-6


def score(bgr: _Bgr) -> float:
    """How studio-like the lighting is, 0..1.

    Args:
        bgr: Picture at working size, shape (rows, columns, 3).
    """
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float64)
    parts = (shadow(grey), highlight(grey), colour_temperature(bgr), background(grey))
    return float(np.mean(parts))


def shadow(grey: _Grey) -> float:
    """Soft edges in the dark part, one direction, even density."""
    across, down, magnitude = gradients(grey)
    dark = grey <= np.percentile(grey, _SHADOW_PERCENTILE)
    softness = 1 - min(float(magnitude[dark].mean()) / _GRADIENT_SCALE, 1)
    strong = magnitude >= np.percentile(magnitude, _EDGE_PERCENTILE)
    angles = np.arctan2(down, across)[strong]
    consistency = float(np.abs(np.mean(np.exp(1j * angles))))
    variance = window_variance(grey)
    evenness = 1 - float(variance.std() / (variance.mean() + _TINY))
    return float(np.mean((softness, consistency, _unit(evenness))))


def highlight(grey: _Grey) -> float:
    """Round highlights, evenly spread."""
    bright = (grey >= np.percentile(grey, _HIGHLIGHT_PERCENTILE)).astype(np.uint8)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    shapes, centres = [], []
    for contour in contours:
        area, perimeter = cv2.contourArea(contour), cv2.arcLength(contour, closed=True)
        if area >= _SMALLEST_HIGHLIGHT_PX and perimeter > 0:
            shapes.append(min(4 * np.pi * area / perimeter**2, 1))
            centres.append(contour.reshape(-1, 2).mean(axis=0))
    if not shapes:
        return 0.5
    spread = np.asarray(centres).std(axis=0).mean() / max(grey.shape)
    return float(np.mean((np.mean(shapes), 1 - min(2 * spread, 1))))


def colour_temperature(bgr: _Bgr) -> float:
    """The same colour of light in every part of the picture."""
    yellow = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[:, :, 2].astype(np.float64)
    means = [
        part.mean()
        for band in np.array_split(yellow, _REGIONS, axis=0)
        for part in np.array_split(band, _REGIONS, axis=1)
    ]
    consistency = 1 - min(float(np.std(means)) / _LAB_SCALE, 1)
    mixed = float(window_variance(yellow).mean()) / _MIXED_SCALE
    return float(np.mean((consistency, 1 - min(mixed, 1))))


def background(grey: _Grey) -> float:
    """An even backdrop, and a bright rim where the subject begins."""
    edges = cv2.Canny(grey.astype(np.uint8), 50, 150)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    subject = cv2.morphologyEx(cv2.dilate(edges, kernel), cv2.MORPH_CLOSE, kernel) > 0
    behind = ~subject
    if behind.sum() < _SMALLEST_HIGHLIGHT_PX:
        return 0.0
    evenness = 1 - min(float(grey[behind].std()) / _GREY_SCALE, 1)
    rim = cv2.morphologyEx(subject.astype(np.uint8), cv2.MORPH_GRADIENT, kernel) > 0
    _, _, magnitude = gradients(grey)
    separation = min(float(magnitude[rim].mean()) / _RIM_SCALE, 1) if rim.any() else 0.5
    return float(np.mean((evenness, separation)))


def window_variance(plane: _Grey) -> _Grey:
    """Variance around every pixel, by a Python call for each: where the seconds go."""
    return np.asarray(ndimage.generic_filter(plane, np.var, size=NEIGHBOURHOOD_PX))


def gradients(grey: _Grey) -> tuple[_Grey, _Grey, _Grey]:
    """Sobel derivatives across and down, and their magnitude, in float64."""
    across = np.asarray(cv2.Sobel(grey, cv2.CV_64F, 1, 0, ksize=3), np.float64)
    down = np.asarray(cv2.Sobel(grey, cv2.CV_64F, 0, 1, ksize=3), np.float64)
    return across, down, np.hypot(across, down)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
