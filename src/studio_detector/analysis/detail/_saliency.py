"""Gradient saliency: where a picture has something to look at, and where it is empty."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._scale import entropy_bits

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Floats = npt.NDArray[np.float64]
    Float32 = npt.NDArray[np.float32]

#: Side of the saliency map; both sides are mapped to it, so that shares of a side compare
#: and the aspect of the picture does not enter.
MAP_SIDE = 32
#: Gradient that noise of one to two levels makes by itself.
NOISE_LEVELS_PER_PX = 1.0
#: Standard deviation by which the map is smoothed, in cells.
_SMOOTHED_CELLS = 1.0
#: A cell with less than this share of the strongest cell's gradient is empty.
_EMPTY_SHARE = 0.15
#: Mean gradient (levels per px at 256 px) under which a cell is plain whatever the rest.
_PLAIN_LEVELS_PER_PX = 0.75
#: A row or column with less than this share of an even spread is empty.
_EMPTY_LINE_SHARE = 0.25
#: Share of the saliency that may lie outside the margins on each side.
_MARGIN_SHARE = 0.02
#: Radius around a thirds point, and of the middle, in sides.
_THIRDS_RADIUS = 0.1
_CENTRE_RADIUS = 0.25
#: Width of the border, in cells of the map.
_BORDER = 3
#: Energy of differences from the mean under which a map does not vary.
_EVEN_ENERGY = 1e-6


def structure(planes: Planes) -> Float32:
    """Gradient above that of noise: float32 (rows, columns), levels per px.

    Without the threshold, noise would fill empty margins, and JPEG coding, which takes noise
    away, would move every share.
    """
    above = planes.gradient_magnitude - np.float32(NOISE_LEVELS_PER_PX)
    np.maximum(above, 0, out=above)
    return above


def mapped(plane: Float32) -> Floats:
    """Means of a plane over the grid of the saliency map: float64 (32, 32)."""
    small = cv2.resize(plane, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA)
    return small.astype(np.float64)


def smoothed(cells: Floats) -> Floats:
    """The saliency map: the gradient by cell, a little smoothed, float64 (32, 32)."""
    smooth = cv2.GaussianBlur(cells, (0, 0), _SMOOTHED_CELLS, borderType=cv2.BORDER_REFLECT)
    return smooth.astype(np.float64, copy=False)


def placement_measures(saliency: Floats) -> dict[str, float | None]:
    """Where the saliency lies: centroid, spread, thirds, centre and border.

    Args:
        saliency: float64 (32, 32), at least 0 and not all 0.
    """
    weight = saliency / saliency.sum()
    rows, columns = weight.sum(axis=1), weight.sum(axis=0)
    row, row_spread = _moments(rows)
    column, column_spread = _moments(columns)
    thirds, middle, border = np.einsum("pk,k->p", _concentrations(), weight.ravel()).tolist()
    return {
        "centroid_row_ratio": row,
        "centroid_column_ratio": column - 0.5,
        "centroid_offset_ratio": math.hypot(row - 0.5, column - 0.5),
        "row_spread_ratio": row_spread,
        "column_spread_ratio": column_spread,
        "upright_spread": math.log((row_spread + 1e-3) / (column_spread + 1e-3)),
        "thirds_concentration": thirds,
        "centre_concentration": middle,
        "border_concentration": border,
        "saliency_entropy_bits": entropy_bits(weight),
    }


def space_measures(saliency: Floats, cells: Floats) -> dict[str, float | None]:
    """How much of the picture is empty, and on which sides: negative space.

    Args:
        saliency: float64 (32, 32), at least 0 and not all 0.
        cells: float64 (32, 32), the gradient it was smoothed from, levels per px.
    """
    # Twice two cells: smaller ones are empty by chance.
    cells = cells.reshape(MAP_SIDE // 2, 2, MAP_SIDE // 2, 2).sum(axis=(1, 3)) / 4
    rows, columns = saliency.sum(axis=1).tolist(), saliency.sum(axis=0).tolist()
    line = _EMPTY_LINE_SHARE / MAP_SIDE * sum(rows)
    top, bottom, left, right = (
        _margin(profile) for profile in (rows, rows[::-1], columns, columns[::-1])
    )
    return {
        "negative_space_ratio": float((cells < _EMPTY_SHARE * cells.max()).mean()),
        "plain_space_ratio": float((cells < _PLAIN_LEVELS_PER_PX).mean()),
        "empty_row_ratio": sum(amount < line for amount in rows) / MAP_SIDE,
        "empty_column_ratio": sum(amount < line for amount in columns) / MAP_SIDE,
        "top_margin_ratio": top,
        "narrower_side_margin_ratio": min(left, right),
        "wider_side_margin_ratio": max(left, right),
        "detail_box_ratio": max(0.0, 1 - top - bottom) * max(0.0, 1 - left - right),
    }


def symmetry_measures(saliency: Floats, lightness: Floats) -> dict[str, float | None]:
    """Correlation of the picture with its mirror images, and how much of it is layers.

    Args:
        saliency: float64 (32, 32).
        lightness: float64 (32, 32).

    Returns:
        Short measure name -> value, without those of a map that does not vary.
    """
    values: dict[str, float | None] = {}
    salient = saliency - saliency.mean()
    energy = float(np.square(salient).sum())
    if energy > _EVEN_ENERGY:
        values["saliency_symmetry"] = _share((salient * salient[:, ::-1]).sum(), energy)
    light = lightness - lightness.mean()
    energy = float(np.square(light).sum())
    if energy > _EVEN_ENERGY:
        rows, columns = light.mean(axis=1), light.mean(axis=0)
        values |= {
            "left_right_symmetry": _share((light * light[:, ::-1]).sum(), energy),
            "top_bottom_symmetry": _share((light * light[::-1]).sum(), energy),
            "row_layer_ratio": _share(np.square(rows).sum() * MAP_SIDE, energy),
            "column_layer_ratio": _share(np.square(columns).sum() * MAP_SIDE, energy),
        }
    return values


def _share(part: np.floating, whole: float) -> float:
    # Rounding can push a share past one.
    return max(-1.0, min(1.0, float(part) / whole))


def _moments(profile: Floats) -> tuple[float, float]:
    """Mean and standard deviation of a profile of sum 1 along a side of 1."""
    axis = _axis()
    mean = float((profile * axis).sum())
    return mean, math.sqrt((profile * (axis - mean) ** 2).sum())


def _margin(profile: list[float]) -> float:
    """Share of the side before a profile has reached `_MARGIN_SHARE` of its sum."""
    left = _MARGIN_SHARE * sum(profile)
    margin = 0.0
    for amount in profile:
        # Between two lines the place is interpolated, so that a margin grows without steps.
        if amount >= left:
            margin += left / amount
            break
        left -= amount
        margin += 1
    return margin / MAP_SIDE


@cache
def _axis() -> Floats:
    return (np.arange(MAP_SIDE) + 0.5) / MAP_SIDE


@cache
def _concentrations() -> Floats:
    """Weights that give the share of a place over its share of the picture: float64 (3, 1024).

    The places are those near a thirds point, near the middle, and along the border.
    """
    axis = _axis()
    to_third = np.minimum(np.abs(axis - 1 / 3), np.abs(axis - 2 / 3))
    border = np.ones((MAP_SIDE, MAP_SIDE), dtype=np.bool_)
    border[_BORDER:-_BORDER, _BORDER:-_BORDER] = False
    places = np.stack(
        [
            np.hypot(to_third[:, None], to_third[None, :]) < _THIRDS_RADIUS,
            np.hypot(axis[:, None] - 0.5, axis[None, :] - 0.5) < _CENTRE_RADIUS,
            border,
        ]
    ).reshape(3, -1)
    weights: Floats = places / places.mean(axis=1, keepdims=True)
    weights.setflags(write=False)
    return weights
