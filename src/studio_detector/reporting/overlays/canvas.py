"""The sheet an overlay is drawn on: the picture at a readable size, legends below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.reporting.overlays.legends import note
from studio_detector.reporting.overlays.palettes import MAT, PAPER

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays.palettes import Rgb

    Uint8 = npt.NDArray[np.uint8]
    Float32 = npt.NDArray[np.float32]
    Mask = npt.NDArray[np.bool_]

#: Columns of every sheet, and the long side of the picture on it.
SHEET_PX = 512
#: A side is shown at least this long, so that a picture of one line can be seen.
THINNEST_PX = 16
_TITLE_PX = 17
#: Tones of a picture that colours are laid over: neither black nor white, so that both show.
_GREY_FROM, _GREY_TO = 30, 190


def panel_size(rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns at which a picture is shown."""
    scale = SHEET_PX / max(rows, columns)
    return max(THINNEST_PX, round(rows * scale)), max(THINNEST_PX, round(columns * scale))


def size_of(planes: Planes) -> tuple[int, int]:
    """`panel_size` of a picture."""
    return panel_size(planes.rows_px, planes.columns_px)


def spread(plane: Float32, size: tuple[int, int]) -> Float32:
    """Numbers at the panel's size, in between interpolated: float32."""
    shrinks = plane.shape[0] * plane.shape[1] > size[0] * size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size[::-1], interpolation=method), dtype=np.float32)


def repeated(plane: npt.NDArray[np.generic], size: tuple[int, int]) -> npt.NDArray[np.generic]:
    """Pixels at the panel's size by the nearest one, for masks, labels and directions."""
    rows = (np.arange(size[0]) * plane.shape[0]) // size[0]
    columns = (np.arange(size[1]) * plane.shape[1]) // size[1]
    return np.asarray(plane[rows[:, None], columns[None, :]])


def mask_at(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask at the panel's size: bool."""
    return np.asarray(repeated(mask, size), dtype=np.bool_)


def photo(planes: Planes, size: tuple[int, int]) -> Uint8:
    """The picture in its colours at the panel's size."""
    shrinks = planes.rows_px * planes.columns_px > size[0] * size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(planes.rgb, size[::-1], interpolation=method), dtype=np.uint8)


def grey_photo(planes: Planes, size: tuple[int, int]) -> Uint8:
    """The picture in middle greys at the panel's size, to lay colours over."""
    grey = spread(planes.luma_float, size) / np.float32(255)
    toned = np.rint(_GREY_FROM + grey * (_GREY_TO - _GREY_FROM)).astype(np.uint8)
    return np.repeat(toned[:, :, None], 3, axis=2)


def blended(under: Uint8, over: Uint8 | Rgb, strength: npt.ArrayLike) -> Uint8:
    """Lay colours over a picture.

    Args:
        under: uint8 (rows, columns, 3).
        over: The same, or one colour.
        strength: 0 (only ``under``) to 1 (only ``over``), a number or (rows, columns).
    """
    weight = np.asarray(strength, dtype=np.float32)
    if weight.ndim == 2:
        weight = weight[:, :, None]
    upper = np.asarray(over, dtype=np.float32)
    return np.rint(under * (1 - weight) + upper * weight).astype(np.uint8)


def sheet(title: str, panel: Uint8, legends: Iterable[Uint8]) -> Uint8:
    """Put the picture above its title and legends.

    Args:
        title: Name of the overlay.
        panel: uint8 (rows, at most `SHEET_PX` columns, 3).
        legends: Strips `SHEET_PX` wide.

    Returns:
        uint8 (rows, `SHEET_PX`, 3), read-only.
    """
    mat = np.full((panel.shape[0], SHEET_PX, 3), MAT, dtype=np.uint8)
    left = (SHEET_PX - panel.shape[1]) // 2
    mat[:, left : left + panel.shape[1]] = panel
    foot = np.full((6, SHEET_PX, 3), PAPER, dtype=np.uint8)
    rgb = np.concatenate([mat, note(title, size_px=_TITLE_PX), *legends, foot])
    rgb.setflags(write=False)
    return rgb
