"""Where the light comes from: consistency and direction of the shading."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.gradients import length
from studio_detector.planes.statistics import mean

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Long side at which the shading is blurred: what survives the blur has no detail.
SHADING_SIDE_PX = 64
#: Blur of the shading, as a share of the long side: folds and texture vanish, form stays.
SHADING_BLUR_RATIO = 0.03
_MARDIA = "K. Mardia, P. Jupp, Directional Statistics (2000)"
_KOENDERINK = "J. Koenderink, S. Pont, Irradiation direction from texture, JOSA A 20 (2003)"

_NO_SHADING = "the picture has no gradients"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    (
        "direction_variance",
        "direction_variance_2",
        "direction_down",
        "direction_right",
        "shading_variance",
    ),
    _NO_SHADING,
)

MEASURES = (
    MeasureSpec(
        name="direction_variance",
        summary="How much the direction in which tones lighten varies: 0 = all light one way",
        unit="1",
        low=0,
        high=1,
        source=_MARDIA,
    ),
    MeasureSpec(
        name="direction_variance_2",
        summary=(
            "How much the axis along which tones change varies, both ways counting as one: 0 = one"
            " axis"
        ),
        unit="1",
        low=0,
        high=1,
        source=_MARDIA,
    ),
    MeasureSpec(
        name="shading_variance",
        summary=(
            "How much the direction of broad shading varies, detail blurred away: 0 = one light on"
            " the form"
        ),
        unit="1",
        low=0,
        high=1,
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="direction_down",
        summary="How much broad shading lightens downwards: -1 = all light from above",
        unit="1",
        low=-1,
        high=1,
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="direction_right",
        summary="How much broad shading lightens to the right: 1 = all light from there",
        unit="1",
        low=-1,
        high=1,
        mirror="negated",
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="broad_contrast_ratio",
        summary=(
            "Share of the contrast that broad shading makes, luma variance left by a strong blur"
        ),
        unit="1",
        low=0,
        high=1,
        studio=1,
        source="Scale of the light pattern",
    ),
)


def measure_direction(planes: Planes) -> dict[str, float | None]:
    """Measure the direction of gradients and shading on small planes."""
    across, down = planes.gradient_columns, planes.gradient_rows
    broad = planes.at(SHADING_SIDE_PX)
    sigma_px = max(0.5, SHADING_BLUR_RATIO * max(broad.rows_px, broad.columns_px))
    shading = cv2.GaussianBlur(broad.luma_float, (0, 0), sigma_px)
    variance = float(cv2.meanStdDev(planes.luma)[1][0, 0]) ** 2
    values: dict[str, float | None] = {
        "broad_contrast_ratio": min(1.0, float(shading.var(dtype=np.float64)) / variance)
        if variance > 0
        else 1.0,
    }
    total = mean(planes.gradient_magnitude)
    if total <= 0:
        return values
    # cos and sin of twice the angle come from the unit gradient squared: no arc tangent.
    unit = np.maximum(planes.gradient_magnitude, np.float32(1e-6))
    double_cos = (across * across - down * down) / unit
    double_sin = 2 * across * down / unit
    values |= {
        "direction_variance": _variance(mean(across), mean(down), total),
        "direction_variance_2": _variance(mean(double_cos), mean(double_sin), total),
    }
    to_right = np.asarray(cv2.Sobel(shading, cv2.CV_32F, 1, 0, ksize=3), dtype=np.float32)
    downwards = np.asarray(cv2.Sobel(shading, cv2.CV_32F, 0, 1, ksize=3), dtype=np.float32)
    total = mean(length(to_right, downwards))
    if total > 0:
        x, y = mean(to_right), mean(downwards)
        values |= {
            "shading_variance": _variance(x, y, total),
            # Lengths are rounded to float32, so that the quotient can pass 1 by a hair.
            "direction_down": min(max(y / total, -1.0), 1.0),
            "direction_right": min(max(x / total, -1.0), 1.0),
        }
    return values


def _variance(cosines: float, sines: float, total: float) -> float:
    """Circular variance of weighted unit vectors, from the means of weight times each part."""
    return min(max(1 - math.hypot(cosines, sines) / total, 0.0), 1.0)
