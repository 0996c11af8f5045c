"""Surface: whether light falls on the backdrop as on one sheet of paper.

A quadratic surface in L*, a* and b* is fitted to the backdrop found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import MeasureSpec
from studio_detector.planes.colour import channels
from studio_detector.planes.scale import COVERED

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Float64 = npt.NDArray[np.float64]

#: Long side at which the surface is fitted: it has no detail.
FIT_SIDE_PX = 64
#: Fewest pixels a surface of six terms is fitted to.
FEWEST_PIXELS = 36
# Variance of L* below which nothing is left to explain.
_SMALLEST_VARIANCE = 1e-6
_POLYNOMIAL = "Surface of degree 2; P. Besl, R. Jain, IEEE TPAMI 10 (1988)"

# Powers of x and y in the terms of the surface: 1, x, y, x^2, x y, y^2.
_RIGHT = np.array([0, 1, 0, 2, 1, 0])
_DOWN = np.array([0, 0, 1, 0, 1, 2])
# A ridge of 1e-3 on the weights of Legendre products, in terms of these powers.
_TO_LEGENDRE = np.eye(6)
_TO_LEGENDRE[0, [3, 5]] = 1 / 3
_TO_LEGENDRE[[3, 5], [3, 5]] = 2 / 3
_RIDGE = 1e-3 * _TO_LEGENDRE.T @ _TO_LEGENDRE

_TOO_SMALL = "the smooth region at the border is too small for a surface"
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
)

MEASURES = (
    MeasureSpec(
        name="surface_residual",
        summary=(
            "Unevenness of the backdrop, root mean square of L* about a fitted quadratic surface"
        ),
        unit="CIE L*",
        low=0,
        high=100,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_r2",
        summary=(
            "Share of the backdrop's L* variance that a fitted quadratic surface explains: 1 = "
            "pure gradient"
        ),
        unit="1",
        low=0,
        high=1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_fall",
        summary="Drop of the backdrop's L* from top to bottom, on a fitted surface",
        unit="CIE L*",
        low=-1000,
        high=1000,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_sideways",
        summary="Size of the change of the backdrop's L* from side to side, on a fitted surface",
        unit="CIE L*",
        low=0,
        high=1000,
        studio=-1,
        source=_POLYNOMIAL,
    ),
    MeasureSpec(
        name="surface_bulge",
        summary=(
            "How much lighter the backdrop is in the middle, on a fitted surface: a background "
            "light"
        ),
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
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceFit:
    """The surface fitted to the backdrop.

    Attributes:
        chosen: float64 (rows, columns): 1 where it was fitted, 0 elsewhere.
        lab: float64 (3, rows, columns): L*, a* and b*, times ``chosen``.
        gram: float64 (6, 6): products of the terms, summed over the backdrop.
        products: float64 (3, 6): the same of the colours and the terms.
        weights: float64 (3, 6): weights of the terms 1, x, y, x^2, x y, y^2.
    """

    chosen: Float64
    lab: Float64
    gram: Float64
    products: Float64
    weights: Float64

    @property
    def residual(self) -> Float64:
        """L* less the surface, 0 outside the backdrop: float64 (rows, columns)."""
        down, right = map(_powers, self.chosen.shape)
        terms = down[_DOWN][:, :, None] * right[_RIGHT][:, None, :]
        surface = np.einsum("k,krc->rc", self.weights[0], terms)
        return np.asarray(self.lab[0] - surface * self.chosen, dtype=np.float64)


def fitted(planes: Planes) -> SurfaceFit | None:
    """Fit the surface to the backdrop at `FIT_SIDE_PX`; None without enough pixels.

    Args:
        planes: The reduced planes, on which the backdrop is found.
    """
    # Cells half outside would bring the subject's tones into the fit.
    chosen = (planes.backdrop_cover(FIT_SIDE_PX) == COVERED).astype(np.float64)
    if float(chosen.sum()) < FEWEST_PIXELS:
        return None
    lab = channels(planes.at(FIT_SIDE_PX).lab) * chosen
    down, right = map(_powers, chosen.shape)
    # Sums of x^i y^j over the backdrop, alone and times the colours, are all a fit needs.
    gram = (down @ chosen @ right.T)[_DOWN[:, None] + _DOWN, _RIGHT[:, None] + _RIGHT]
    products = (down[:3] @ lab @ right[:3].T)[:, _DOWN, _RIGHT]
    # Pixels on one line leave terms undetermined; the ridge keeps those at zero.
    weights = np.linalg.solve(gram + _RIDGE, products.T).T
    return SurfaceFit(chosen=chosen, lab=lab, gram=gram, products=products, weights=weights)


def measure_surface(planes: Planes) -> dict[str, float | None]:
    """Measure the surface.

    Args:
        planes: The reduced planes, on which the backdrop is found.

    Returns:
        The measures; empty without enough pixels.
    """
    surface = fitted(planes)
    if surface is None:
        return {}
    count, products, weights = float(surface.chosen.sum()), surface.products, surface.weights
    fit = weights[0]
    square = float(np.square(surface.lab[0]).sum()) / count
    explained = float(fit @ (2 * products[0] - surface.gram @ fit)) / count
    mean_square = max(0.0, square - explained)
    variance = square - float(products[0, 0] / count) ** 2
    _, sideways, fall, bend, _, sag = fit.tolist()
    values: dict[str, float | None] = {
        "surface_residual": min(mean_square**0.5, 100.0),
        "surface_fall": min(max(-2 * fall, -1000.0), 1000.0),
        "surface_sideways": min(abs(2 * sideways), 1000.0),
        "surface_bulge": min(max(-bend - sag, -2000.0), 2000.0),
        "surface_colour_drift": min(2 * math.hypot(*weights[1:, 1:3].flat), 2000.0),
    }
    if variance > _SMALLEST_VARIANCE:
        values["surface_r2"] = min(max(1 - mean_square / variance, 0.0), 1.0)
    return values


def _powers(length: int) -> Float64:
    """Powers 0 to 4 of a position that runs from -1 to 1: float64 (5, length)."""
    position = np.arange(1 - length, length, 2) / max(1, length - 1)
    return np.vander(position, 5, increasing=True).T
