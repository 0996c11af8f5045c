"""The colours around the border: few and found nowhere else on a set, many in the world."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.detail._places import arch_places, border_places, centre, strips
from studio_detector.analysis.detail._scale import entropy_bits, overlap
from studio_detector.planes.statistics import mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio_detector.planes import Planes

    Codes = npt.NDArray[np.intp]
    Float32 = npt.NDArray[np.float32]

#: Bins of the colour histograms: 12 steps of L*, 20 of 8 units each of a* and b*.
_LIGHTNESS_BINS = 12
_OPPONENT_BINS = 20
_OPPONENT_STEP = 8.0
_CODES = _LIGHTNESS_BINS * _OPPONENT_BINS**2
#: Bins taken together as the main colours of a backdrop (a gradient spans several).
_MAIN_COLOURS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BorderColours:
    """The colours of a picture at half the reduced side.

    Attributes:
        lab: L*, a* and b*, each float32 (rows, columns).
        codes: intp (rows x columns,): number of the histogram bin, 0..4799.
        sides: Mean L*, a* and b* of the strips at the top, bottom, left and right.
    """

    lab: tuple[Float32, Float32, Float32]
    codes: Codes
    sides: dict[str, tuple[float, ...]]

    @classmethod
    def of(cls, planes: Planes) -> BorderColours:
        """Number the colours and average the sides.

        Args:
            planes: Planes of the picture at the side to look at.
        """
        lab = (planes.lightness, planes.a_star, planes.b_star)
        return cls(
            lab=lab,
            codes=_codes(*lab),
            sides={
                name: tuple(mean(plane[place]) for plane in lab)
                for name, place in strips(*planes.lightness.shape).items()
            },
        )

    def distance(self) -> Float32:
        """Colour difference of each pixel from the nearest mean colour of the four sides.

        Returns:
            float32 (rows, columns), CIE 1976 delta E, 0..~300.
        """
        lab = np.stack(self.lab)
        nearest = np.full(lab.shape[1:], np.inf, dtype=np.float32)
        for colour in self.sides.values():
            step = lab - np.array(colour, dtype=np.float32)[:, None, None]
            step *= step
            squared = step[0] + step[1]
            squared += step[2]
            np.minimum(nearest, squared, out=nearest)
        return np.sqrt(nearest, out=nearest)


def colour_measures(colours: BorderColours) -> dict[str, float | None]:
    """Compare the colours of the border, its sides, and the centre."""
    codes, shape = colours.codes, colours.lab[0].shape
    border = np.bincount(codes[border_places(*shape)], minlength=_CODES)
    arch = np.bincount(codes[arch_places(*shape)], minlength=_CODES)
    middle = np.bincount(codes.reshape(shape)[centre(*shape)].ravel(), minlength=_CODES)
    main = np.sort(border[border > 0])[-_MAIN_COLOURS:]
    sides = colours.sides
    return {
        "border_main_colour_ratio": float(main.sum() / border.sum()),
        "border_colour_entropy_bits": entropy_bits(border),
        "arch_colour_entropy_bits": entropy_bits(arch),
        "centre_border_overlap": overlap(middle / middle.sum(), border / border.sum()),
        "side_difference_delta_e": math.dist(sides["left"], sides["right"]),
        "top_bottom_difference_delta_e": math.dist(sides["top"], sides["bottom"]),
    }


def _codes(lightness: Float32, a_star: Float32, b_star: Float32) -> Codes:
    # Whole numbers up to 4799 are exact in float32.
    codes = np.floor(lightness * np.float32(_LIGHTNESS_BINS / 100))
    np.minimum(codes, _LIGHTNESS_BINS - 1, out=codes)
    for opponent in (a_star, b_star):
        # Bins are centred on grey, so that a neutral backdrop does not straddle two.
        step = np.rint(opponent * np.float32(1 / _OPPONENT_STEP))
        step += _OPPONENT_BINS // 2
        np.clip(step, 0, _OPPONENT_BINS - 1, out=step)
        codes *= _OPPONENT_BINS
        codes += step
    numbers: Codes = codes.ravel().astype(np.intp)
    return numbers
