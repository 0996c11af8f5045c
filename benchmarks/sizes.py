"""The picture sizes that are measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A picture size.

    Attributes:
        name: Short, as in ``lighting@vga``.
        columns_px: Width.
        rows_px: Height.
        rounds: How often a candidate is measured at this size, unless it is too slow for that.
        grain: Standard deviation of the grain laid over the pictures, in levels of 255. The
            photographs at hand are smaller than the pictures made from them, and an enlarged
            picture is smoother, so cheaper to decode, than one of a camera. The grain brings
            the bytes a pixel to 0.17 at VGA, the median of the photo set, and to 0.25 above,
            as cameras write them.
    """

    name: str
    columns_px: int
    rows_px: int
    rounds: int
    grain: float

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.columns_px * self.rows_px / 1e6


VGA = Size(name="vga", columns_px=640, rows_px=480, rounds=60, grain=2)
TWO_MP = Size(name="2mp", columns_px=1632, rows_px=1224, rounds=48, grain=5)
TWELVE_MP = Size(name="12mp", columns_px=4000, rows_px=3000, rounds=36, grain=5)
#: Where everything is measured.
SIZES = (VGA, TWO_MP, TWELVE_MP)
#: The same without grain, as in pictures strongly compressed for the web: the least there is to
#: decode, so that what is added weighs most. End to end and the floor only.
SMOOTH_SIZES = (
    Size(name="2mp-smooth", columns_px=1632, rows_px=1224, rounds=24, grain=0),
    Size(name="12mp-smooth", columns_px=4000, rows_px=3000, rounds=24, grain=0),
)
#: Where the cost is followed from small to large, end to end only.
SCALING_SIZES = tuple(
    Size(
        name=f"scaling-{columns * rows / 1e6:.1f}mp",
        columns_px=columns,
        rows_px=rows,
        rounds=9,
        grain=5,
    )
    for columns, rows in (
        (640, 480),
        (1152, 864),
        (1632, 1224),
        (2304, 1728),
        (3264, 2448),
        (4000, 3000),
        (4608, 3456),
        (5664, 4248),
    )
)
