"""Where the light comes from: consistency and direction of the shading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.gradients import length

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

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
        "direction_variance_4",
        "direction_down",
        "direction_right",
        "shading_variance",
    ),
    _NO_SHADING,
)

MEASURES = (
    MeasureSpec(
        name="direction_variance",
        summary="Circular variance of the luma gradient's direction: 0 = all light one way",
        unit="1",
        low=0,
        high=1,
        source=_MARDIA,
    ),
    MeasureSpec(
        name="direction_variance_2",
        summary="The same of twice the angle: 0 = one axis, either way",
        unit="1",
        low=0,
        high=1,
        source=_MARDIA,
    ),
    MeasureSpec(
        name="direction_variance_4",
        summary="The same of four times the angle: 0 = upright and level lines only",
        unit="1",
        low=0,
        high=1,
        source=_MARDIA,
    ),
    MeasureSpec(
        name="shading_variance",
        summary="Circular variance of the blurred luma's gradient: 0 = one light on the form",
        unit="1",
        low=0,
        high=1,
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="direction_down",
        summary="Part of the shading that lightens downwards: -1 = all light from above",
        unit="1",
        low=-1,
        high=1,
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="direction_right",
        summary="Part of the shading that lightens to the right: 1 = all light from there",
        unit="1",
        low=-1,
        high=1,
        mirror="negated",
        source=_KOENDERINK,
    ),
    MeasureSpec(
        name="lightness_fall",
        summary="Mean L* of the upper third less that of the lower third",
        unit="CIE L*",
        low=-100,
        high=100,
        studio=-1,
        source="Position of sky and ground",
    ),
    MeasureSpec(
        name="sideways_difference",
        summary="Size of the L* difference between left and right third: a light at one side",
        unit="CIE L*",
        low=0,
        high=100,
        source="Balance of light",
    ),
    MeasureSpec(
        name="broad_contrast_ratio",
        summary="Share of the luma variance that survives the shading blur",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source="Scale of the light pattern",
    ),
)


def measure_direction(planes: Planes) -> dict[str, float | None]:
    """Measure the direction of gradients and shading on small planes."""
    rows, columns = planes.gradient_rows, planes.gradient_columns
    lightness = planes.lightness
    third_rows = max(1, planes.rows_px // 3)
    third_columns = max(1, planes.columns_px // 3)
    left, right = lightness[:, :third_columns], lightness[:, -third_columns:]
    upper, lower = lightness[:third_rows], lightness[-third_rows:]
    sigma_px = max(0.5, SHADING_BLUR_RATIO * max(planes.rows_px, planes.columns_px))
    shading = cv2.GaussianBlur(planes.luma_float, (0, 0), sigma_px)
    variance = float(planes.luma_float.var(dtype=np.float64))
    values: dict[str, float | None] = {
        "lightness_fall": float(upper.mean() - lower.mean()),
        "sideways_difference": abs(float(left.mean() - right.mean())),
        "broad_contrast_ratio": min(1.0, float(shading.var(dtype=np.float64)) / variance)
        if variance > 0
        else 1.0,
    }
    weight = planes.gradient_magnitude
    total = float(weight.sum(dtype=np.float64))
    if total <= 0:
        return values
    # cos and sin of multiples of the angle are powers of the unit gradient: no arc tangent.
    unit = np.maximum(weight, np.float32(1e-6))
    double_cos = (columns * columns - rows * rows) / unit
    double_sin = 2 * columns * rows / unit
    fourfold_cos = (double_cos * double_cos - double_sin * double_sin) / unit
    fourfold_sin = 2 * double_cos * double_sin / unit
    down = np.asarray(cv2.Sobel(shading, cv2.CV_32F, 0, 1, ksize=3), dtype=np.float32)
    across = np.asarray(cv2.Sobel(shading, cv2.CV_32F, 1, 0, ksize=3), dtype=np.float32)
    broad = float(length(across, down).sum(dtype=np.float64))
    values |= {
        "direction_variance": _variance(columns, rows, total),
        "direction_variance_2": _variance(double_cos, double_sin, total),
        "direction_variance_4": _variance(fourfold_cos, fourfold_sin, total),
    }
    if broad > 0:
        values |= {
            "shading_variance": _variance(across, down, broad),
            # Lengths are rounded to float32, so that the quotient can pass 1 by a hair.
            "direction_down": float(np.clip(down.sum(dtype=np.float64) / broad, -1, 1)),
            "direction_right": float(np.clip(across.sum(dtype=np.float64) / broad, -1, 1)),
        }
    return values


def _variance(
    cosines: npt.NDArray[np.floating], sines: npt.NDArray[np.floating], total: float
) -> float:
    """Circular variance of weighted unit vectors given as weight times cosine and sine."""
    length = np.hypot(cosines.sum(dtype=np.float64), sines.sum(dtype=np.float64))
    return float(np.clip(1 - length / total, 0, 1))
