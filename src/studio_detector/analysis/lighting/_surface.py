"""Surfaces: whether light falls on the backdrop, and on the border, as on one sheet of paper.

A quadratic surface in L*, a* and b* is fitted to the backdrop found, and another to the
border whatever it shows: textured canvas has no smooth region, but a small residual there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import MeasureSpec

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float64 = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

#: Long side at which surfaces are fitted: they have no detail.
FIT_SIDE_PX = 64
#: Fewest pixels a surface of six terms is fitted to.
FEWEST_PIXELS = 36
#: Width of the ring along the border, as a share of each side.
RING_RATIO = 1 / 8
_POLYNOMIAL = "Legendre surface of degree 2; P. Besl, R. Jain, IEEE TPAMI 10 (1988)"

_TOO_SMALL = "the smooth region at the border is too small for a surface"
_TINY = "the picture has too few pixels for a surface"
#: Why a measure can be None.
REASONS = dict.fromkeys(
    (
        "surface_residual",
        "surface_r2",
        "surface_fall",
        "surface_sideways",
        "surface_bulge",
        "surface_colour_drift",
    ),
    _TOO_SMALL,
) | dict.fromkeys(("ring_residual", "ring_colour_residual"), _TINY)

MEASURES = (
    MeasureSpec(
        name="surface_residual",
        summary="Root mean square of L* about a quadratic surface fitted to the backdrop",
        unit="CIE L*",
        low=0,
        high=100,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_r2",
        summary="Share of the backdrop's L* variance the surface explains: 1 = pure gradient",
        unit="1",
        low=0,
        high=1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_fall",
        summary="Drop of the fitted L* from top to bottom",
        unit="CIE L*",
        low=-1000,
        high=1000,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_sideways",
        summary="Size of the change of the fitted L* from side to side",
        unit="CIE L*",
        low=0,
        high=1000,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_bulge",
        summary="How much lighter the fitted surface is in the middle: a background light",
        unit="CIE L*",
        low=-2000,
        high=2000,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_colour_drift",
        summary="Length of the linear change of the backdrop's a*b* across the picture",
        unit="CIE a*b*",
        low=0,
        high=2000,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="ring_residual",
        summary="Median distance of L* in a ring along the border from a surface fitted to it",
        unit="CIE L*",
        low=0,
        high=100,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="ring_colour_residual",
        summary="The same of a*b*",
        unit="CIE a*b*",
        low=0,
        high=182,
        studio=-1,
        source=_POLYNOMIAL,
    ),
)


def measure_surfaces(planes: Planes) -> dict[str, float | None]:
    """Fit the two surfaces.

    Args:
        planes: The reduced planes, on which the backdrop is found.

    Returns:
        The measures; those without enough pixels are absent.
    """
    small = planes.at(FIT_SIDE_PX)
    rows, columns = small.rows_px, small.columns_px
    lab = np.stack([small.lightness, small.a_star, small.b_star]).astype(np.float64)
    backdrop = planes.backdrop.view(np.uint8) * np.float32(1)
    # Cells half outside would bring the subject's tones into the fit.
    covered = cv2.resize(backdrop, (columns, rows), interpolation=cv2.INTER_AREA) >= 0.999
    ring = np.ones((rows, columns), dtype=np.bool_)
    high, wide = max(1, round(RING_RATIO * rows)), max(1, round(RING_RATIO * columns))
    ring[high : rows - high, wide : columns - wide] = False
    terms = _legendre(rows, columns)
    return _backdrop_surface(lab, terms, covered) | _ring_surface(lab, terms, ring)


def _backdrop_surface(lab: Float64, terms: Float64, chosen: Mask) -> dict[str, float | None]:
    if np.count_nonzero(chosen) < FEWEST_PIXELS:
        return {}
    weights, residual = _fit(lab[:, chosen], terms[:, chosen])
    mean_square = float(np.mean(residual[0] ** 2))
    variance = float(lab[0, chosen].var())
    _, right, down, right_2, _, down_2 = weights[0].tolist()
    values: dict[str, float | None] = {
        "surface_residual": min(mean_square**0.5, 100.0),
        "surface_fall": float(np.clip(-2 * down, -1000, 1000)),
        "surface_sideways": float(min(abs(2 * right), 1000)),
        "surface_bulge": float(np.clip(-1.5 * (right_2 + down_2), -2000, 2000)),
        "surface_colour_drift": min(2 * float(np.linalg.norm(weights[1:, 1:3])), 2000.0),
    }
    if variance > 1e-6:
        values["surface_r2"] = float(np.clip(1 - mean_square / variance, 0, 1))
    return values


def _ring_surface(lab: Float64, terms: Float64, ring: Mask) -> dict[str, float | None]:
    if np.count_nonzero(ring) < FEWEST_PIXELS:
        return {}
    _, residual = _fit(lab[:, ring], terms[:, ring])
    return {
        "ring_residual": float(min(np.median(np.abs(residual[0])), 100)),
        "ring_colour_residual": float(min(np.median(np.hypot(residual[1], residual[2])), 182)),
    }


def _fit(target: Float64, terms: Float64) -> tuple[Float64, Float64]:
    """Least squares: weights float64 (channels, 6) and residuals (channels, pixels)."""
    # Pixels on one line leave terms undetermined; the ridge keeps those at zero.
    gram = terms @ terms.T + 1e-3 * np.eye(len(terms))
    weights = np.asarray(np.linalg.solve(gram, terms @ target.T).T, dtype=np.float64)
    return weights, target - weights @ terms


def _legendre(rows: int, columns: int) -> Float64:
    """1, x, y, P2(x), x y, P2(y) over -1..1: float64 (6, rows, columns)."""
    down = np.linspace(-1, 1, rows)[:, None] if rows > 1 else np.zeros((1, 1))
    right = np.linspace(-1, 1, columns)[None, :] if columns > 1 else np.zeros((1, 1))
    flat = np.ones((rows, columns))
    return np.stack(
        [
            flat,
            right * flat,
            down * flat,
            (1.5 * right**2 - 0.5) * flat,
            right * down,
            (1.5 * down**2 - 0.5) * flat,
        ]
    )
