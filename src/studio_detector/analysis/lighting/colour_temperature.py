"""Colour temperature: the colour of the light, how even it is, and what the hues tell.

Studio light is of one colour and usually balanced: neutral surfaces stay neutral from
corner to corner. Daylight mixes sun, sky and reflections; rooms mix windows and lamps.
Everything is measured at a long side of `SIDE_PX`, which leaves colour as it is, averages
noise away and makes the measures independent of the picture's size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement
from studio_detector.analysis.lighting import _colour_illuminant, _colour_regions

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Long side at which colour is measured.
SIDE_PX = 128

SPEC = AnalysisSpec(
    name="colour_temperature",
    version=2,
    phase="lighting",
    title="Colour temperature",
    summary=(
        "The colour of the light in neutral surfaces, its evenness over the picture, signs of "
        "mixed light, and the hues of sky and foliage by position."
    ),
    measures=_colour_illuminant.MEASURES + _colour_regions.MEASURES,
    references=(
        "CIE 15:2018, Colorimetry",
        "S. Hordley, Scene illuminant estimation, Color Res. Appl. 31 (2006)",
    ),
)


def measure(planes: Planes) -> Measurement:
    """Measure the colour of the light of one picture.

    Args:
        planes: The picture's shared planes; its planes at `SIDE_PX` are used.

    Returns:
        All measures of `SPEC`; those that need neutral or usable surfaces are None, with
        the reason, where there are none.
    """
    small = planes.at(SIDE_PX)
    return Measurement.of(
        SPEC,
        {
            **_colour_illuminant.measure_illuminant(small),
            **_colour_regions.measure_regions(small),
        },
        missing=_colour_illuminant.REASONS,
    )
