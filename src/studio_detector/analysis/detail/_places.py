"""Places the detail analyses compare: the border, its strips, the arch, the centre, a grid.

Masks are kept by shape, since photographs come in few, and refuse writing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import cv2
import numpy as np

from studio_detector.planes.planes import grid_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]
    Slices = tuple[slice, slice]

_T = TypeVar("_T", bound="npt.NDArray[np.generic]")

#: Cells along each side of the grids, as the Laplacian energy is usually mapped.
GRID = 8
#: Short side of the reduced picture from which strips and cells hold enough pixels.
MINIMUM_SIDE_PX = 24
#: Why nothing was measured below it.
TOO_SMALL = f"the short side is under {MINIMUM_SIDE_PX} px at a long side of 256 px"
_SHAPES_KEPT = 32


@lru_cache(maxsize=_SHAPES_KEPT)
def border_cells(rows: int = GRID, columns: int = GRID) -> Mask:
    """The outermost cells of a grid: bool (rows, columns)."""
    mask = np.ones((rows, columns), dtype=np.bool_)
    mask[1:-1, 1:-1] = False
    return _sealed(mask)


@lru_cache(maxsize=_SHAPES_KEPT)
def centre_cells(rows: int = GRID, columns: int = GRID) -> Mask:
    """The cells of the middle half in both directions: bool (rows, columns)."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    rim_rows, rim_columns = max(1, rows // 4), max(1, columns // 4)
    mask[rim_rows : rows - rim_rows, rim_columns : columns - rim_columns] = True
    return _sealed(mask)


class Regions(NamedTuple):
    """Means of an 8x8 grid over parts of it.

    Attributes:
        border: The outermost cells.
        centre: The 4x4 cells in the middle.
        arch: The top row and the upper half of both side columns, where a backdrop shows
            around head and shoulders even when the subject stands on the lower edge.
        top: The top row.
        bottom: The bottom row.
        left: The left column.
        right: The right column.
    """

    border: float
    centre: float
    arch: float
    top: float
    bottom: float
    left: float
    right: float


def regions(cells: Floats) -> Regions:
    """Mean of each region of an 8x8 grid.

    Args:
        cells: float64 (8, 8).
    """
    return Regions(*np.einsum("rk,k->r", _region_weights(), cells.ravel()).tolist())


@lru_cache(maxsize=1)
def arch_cells() -> Mask:
    """The cells of `Regions.arch`: bool (8, 8)."""
    mask = np.zeros((GRID, GRID), dtype=np.bool_)
    mask[0] = True
    mask[: GRID // 2, [0, -1]] = True
    return _sealed(mask)


@lru_cache(maxsize=1)
def _region_weights() -> Floats:
    """Weight of each cell in each of `Regions`: float64 (7, 64)."""
    lines = np.zeros((4, GRID, GRID))
    lines[0, 0] = lines[1, -1] = lines[2, :, 0] = lines[3, :, -1] = 1
    masks = np.stack([border_cells(), centre_cells(), arch_cells(), *lines]).reshape(7, -1)
    weights: Floats = masks / masks.sum(axis=1, keepdims=True)
    weights.setflags(write=False)
    return weights


def halved(plane: Float32) -> Float32:
    """Means of 2x2 px; the last line of an odd side counts by itself.

    Whole pixels are several times faster to average than the fractions of a general
    reduction, and the last line of 171 hardly weighs more for it.

    Args:
        plane: float32 (rows, columns).

    Returns:
        float32 (rows / 2, columns / 2), rounded up.
    """
    rows, columns = plane.shape
    if rows % 2 or columns % 2:
        plane = cv2.copyMakeBorder(
            plane, 0, rows % 2, 0, columns % 2, borderType=cv2.BORDER_REPLICATE
        ).astype(np.float32, copy=False)
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def cell_means(plane: Float32) -> Floats:
    """Means over an 8x8 grid of a plane that has been halved: float64 (8, 8)."""
    return grid_mean(plane, GRID)


def strips(rows: int, columns: int) -> dict[str, Slices]:
    """The four border strips, one eighth of the side wide: top, bottom, left, right."""
    deep, wide = max(1, rows // GRID), max(1, columns // GRID)
    every_row, every_column = slice(0, rows), slice(0, columns)
    return {
        "top": (slice(0, deep), every_column),
        "bottom": (slice(rows - deep, rows), every_column),
        "left": (every_row, slice(0, wide)),
        "right": (every_row, slice(columns - wide, columns)),
    }


def centre(rows: int, columns: int) -> Slices:
    """The middle of the picture, half of each side."""
    deep, wide = 2 * (rows // GRID), 2 * (columns // GRID)
    return slice(deep, rows - deep), slice(wide, columns - wide)


@lru_cache(maxsize=_SHAPES_KEPT)
def border_mask(rows: int, columns: int) -> Mask:
    """The four strips together: bool (rows, columns)."""
    mask = np.zeros((rows, columns), dtype=np.bool_)
    for place in strips(rows, columns).values():
        mask[place] = True
    return _sealed(mask)


@lru_cache(maxsize=_SHAPES_KEPT)
def arch_mask(rows: int, columns: int) -> Mask:
    """The top strip and the upper half of the side strips: bool (rows, columns)."""
    mask = border_mask(rows, columns).copy()
    inner_columns = slice(max(1, columns // GRID), columns - max(1, columns // GRID))
    mask[rows // 2 :, :] = False
    mask[max(1, rows // GRID) :, inner_columns] = False
    return _sealed(mask)


@lru_cache(maxsize=_SHAPES_KEPT)
def border_places(rows: int, columns: int) -> npt.NDArray[np.intp]:
    """Where `border_mask` is set: intp (count,), places in the flattened picture."""
    return _sealed(np.flatnonzero(border_mask(rows, columns)))


@lru_cache(maxsize=_SHAPES_KEPT)
def arch_places(rows: int, columns: int) -> npt.NDArray[np.intp]:
    """Where `arch_mask` is set: intp (count,), places in the flattened picture."""
    return _sealed(np.flatnonzero(arch_mask(rows, columns)))


def _sealed(array: _T) -> _T:
    array.setflags(write=False)
    return array
