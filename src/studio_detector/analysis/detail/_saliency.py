"""Gradient saliency: where a picture has something to look at, and where it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.detail._scale import entropy_bits

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Floats = npt.NDArray[np.float64]

#: Side of the saliency map; both sides are mapped to it, so that shares of a side compare
#: and the aspect of the picture does not enter.
MAP_SIDE = 32
#: Gradient that noise of one to two levels makes by itself.
NOISE_LEVELS_PER_PX = 1.0
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
#: Side of the corners, in cells of the map.
_CORNER = 5
_CORNER_FLOOR = 0.1
#: Width of the strips along the sides: an eighth.
_STRIP = MAP_SIDE // 8
_AXIS = (np.arange(MAP_SIDE) + 0.5) / MAP_SIDE


def structure(planes: Planes) -> npt.NDArray[np.float32]:
    """Gradient above that of noise: float32 (rows, columns), levels per px.

    Without the threshold, noise would fill empty margins, and JPEG coding, which takes noise
    away, would move every share.
    """
    above = planes.gradient_magnitude - np.float32(NOISE_LEVELS_PER_PX)
    np.maximum(above, 0, out=above)
    return above


def saliency_map(gradient: npt.NDArray[np.float32]) -> Floats:
    """Mean gradient over a grid, a little smoothed: float64 (32, 32), levels per px.

    Args:
        gradient: float32 (rows, columns) of `structure`.
    """
    small = cv2.resize(gradient, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth, dtype=np.float64)


def placement_measures(saliency: Floats) -> dict[str, float | None]:
    """Where the saliency lies: centroid, spread, thirds, centre, strips and profiles."""
    weight = saliency / saliency.sum()
    rows, columns = weight.sum(axis=1), weight.sum(axis=0)
    row, column = float(rows @ _AXIS), float(columns @ _AXIS)
    row_spread = float(np.sqrt(rows @ (_AXIS - row) ** 2))
    column_spread = float(np.sqrt(columns @ (_AXIS - column) ** 2))
    sides = (float(columns[:_STRIP].sum()), float(columns[-_STRIP:].sum()))
    middle = slice(MAP_SIDE * 5 // 16, MAP_SIDE * 11 // 16)
    even = MAP_SIDE / _STRIP
    return {
        "centroid_row_ratio": row,
        "centroid_column_ratio": column - 0.5,
        "centroid_offset_ratio": float(np.hypot(row - 0.5, column - 0.5)),
        "row_spread_ratio": row_spread,
        "column_spread_ratio": column_spread,
        "upright_spread": float(np.log((row_spread + 1e-3) / (column_spread + 1e-3))),
        "thirds_concentration": _concentration(weight, _near_thirds()),
        "centre_concentration": _concentration(weight, _near_centre()),
        "border_concentration": _concentration(weight, _near_border()),
        "quieter_side_concentration": min(sides) * even,
        "middle_rows_ratio": float(min(1.0, rows[middle].sum())),
        "saliency_entropy_bits": entropy_bits(weight),
    }


def space_measures(saliency: Floats, gradient: npt.NDArray[np.float32]) -> dict[str, float | None]:
    """How much of the picture is empty, and on which sides: negative space.

    Args:
        saliency: Map of `saliency_map`.
        gradient: float32 (rows, columns) it was made from.
    """
    cells = cv2.resize(gradient, (16, 16), interpolation=cv2.INTER_AREA)
    weight = saliency / saliency.sum()
    rows, columns = weight.sum(axis=1), weight.sum(axis=0)
    line = _EMPTY_LINE_SHARE / MAP_SIDE
    top, bottom, left, right = (
        _margin(profile) for profile in (rows, rows[::-1], columns, columns[::-1])
    )
    upper = [float(part.mean()) for part in _corners(saliency)[:2]]
    return {
        "negative_space_ratio": float((cells < _EMPTY_SHARE * cells.max()).mean()),
        "plain_space_ratio": float((cells < _PLAIN_LEVELS_PER_PX).mean()),
        "empty_row_ratio": float((rows < line).mean()),
        "empty_column_ratio": float((columns < line).mean()),
        "top_margin_ratio": top,
        "narrower_side_margin_ratio": min(left, right),
        "wider_side_margin_ratio": max(left, right),
        "detail_box_ratio": max(0.0, 1 - top - bottom) * max(0.0, 1 - left - right),
        "upper_corner_activity": float(np.log10(max(upper) + _CORNER_FLOOR)),
    }


def symmetry_measures(saliency: Floats, planes: Planes) -> dict[str, float | None]:
    """Correlation of the picture with its mirror images; None where it does not vary."""
    luma = np.asarray(
        cv2.resize(planes.luma_float, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_AREA),
        dtype=np.float64,
    )
    return {
        "left_right_symmetry": _correlation(luma, luma[:, ::-1]),
        "saliency_symmetry": _correlation(saliency, saliency[:, ::-1]),
        "top_bottom_symmetry": _correlation(luma, luma[::-1]),
        "row_layer_ratio": _layering(luma, axis=1),
        "column_layer_ratio": _layering(luma, axis=0),
    }


def _concentration(weight: Floats, place: npt.NDArray[np.bool_]) -> float:
    """Share of the saliency in a place over the place's share of the picture."""
    return float(weight[place].sum() / place.mean())


def _near_thirds() -> npt.NDArray[np.bool_]:
    to_third = np.minimum(np.abs(_AXIS - 1 / 3), np.abs(_AXIS - 2 / 3))
    return np.hypot(to_third[:, None], to_third[None, :]) < _THIRDS_RADIUS


def _near_centre() -> npt.NDArray[np.bool_]:
    from_middle = _AXIS - 0.5
    return np.hypot(from_middle[:, None], from_middle[None, :]) < _CENTRE_RADIUS


def _near_border() -> npt.NDArray[np.bool_]:
    mask = np.ones((MAP_SIDE, MAP_SIDE), dtype=np.bool_)
    mask[3:-3, 3:-3] = False
    return mask


def _margin(profile: Floats) -> float:
    """Share of the side before a profile has reached `_MARGIN_SHARE` of its sum."""
    reached = np.concatenate([[0.0], np.cumsum(profile)]) / profile.sum()
    line = int(np.searchsorted(reached, _MARGIN_SHARE))
    # Between two lines the place is interpolated, so that a margin grows without steps.
    before = reached[line - 1]
    part = (_MARGIN_SHARE - before) / (reached[line] - before)
    return float(line - 1 + part) / MAP_SIDE


def _corners(saliency: Floats) -> tuple[Floats, ...]:
    near, far = slice(0, _CORNER), slice(-_CORNER, None)
    return saliency[near, near], saliency[near, far], saliency[far, near], saliency[far, far]


def _correlation(first: Floats, second: Floats) -> float | None:
    first, second = first - first.mean(), second - second.mean()
    energy = float(np.sqrt(np.square(first).sum() * np.square(second).sum()))
    if energy < 1e-6:
        return None
    return float(np.clip((first * second).sum() / energy, -1, 1))


def _layering(luma: Floats, axis: int) -> float | None:
    """Share of the variance of luma that the means of rows (or columns) explain."""
    variance = float(luma.var())
    if variance < 1e-6:
        return None
    return float(min(1.0, luma.mean(axis=axis).var() / variance))
