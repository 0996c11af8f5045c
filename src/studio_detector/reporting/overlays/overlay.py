"""What an overlay is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """A picture of what an analysis saw.

    Attributes:
        name: Its name, for files and options, such as "gradient_direction".
        component: The analysis it belongs to, or "evidence".
        title: Its name for people.
        caption: How to read it, with the numbers of this picture; also the alternative text.
        rgb: uint8 (rows, 512, 3), sRGB, read-only: picture, and legend below.
    """

    name: str
    component: str
    title: str
    caption: str
    rgb: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawing:
    """What one overlay's code hands over, to be put on a sheet.

    Attributes:
        panel: uint8 (rows, at most 512 columns, 3): the picture.
        legends: Strips that stand below it, uint8 (rows, 512, 3) each.
        caption: See `Overlay`.
    """

    panel: npt.NDArray[np.uint8]
    legends: tuple[npt.NDArray[np.uint8], ...]
    caption: str
