"""Shadow: how shadows end, where the light comes from, and how deep the darks are.

A softbox near the subject lets shadows end over centimetres and shades one form from one
side; the sun draws hard outlines; open shade has no direction at all. Gradients are taken
on the reduced planes, so that they mean the same in every picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement
from studio_detector.analysis.lighting import _shadow_direction, _shadow_edges, _shadow_tone

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Long side at which the direction of the light is measured.
DIRECTION_SIDE_PX = 128

SPEC = AnalysisSpec(
    name="shadow",
    version=2,
    phase="lighting",
    title="Shadow",
    summary=(
        "Softness of the transitions near dark regions, consistency of the light's direction, "
        "texture in the dark and in all, and depth of the shadows."
    ),
    measures=_shadow_edges.MEASURES + _shadow_direction.MEASURES + _shadow_tone.MEASURES,
    references=("R. Guo et al., Paired regions for shadow detection, IEEE TPAMI 35 (2013)",),
)


def measure(planes: Planes) -> Measurement:
    """Measure the shadows of one picture.

    Args:
        planes: The picture's shared planes; its reduced planes are used.

    Returns:
        All measures of `SPEC`; None with a reason where no dark region, no gradient or no
        subject on a backdrop supports one.
    """
    medium = planes.reduced
    small = planes.at(DIRECTION_SIDE_PX)
    tone = _shadow_tone.measure_tone(medium)
    values = {
        **_shadow_edges.measure_edges(medium, luma_range=tone["range_levels"] or 0.0),
        **_shadow_direction.measure_direction(small),
        **tone,
        "contact_drop": _shadow_edges.contact_drop(medium),
    }
    reasons = _shadow_edges.REASONS | _shadow_direction.REASONS | _shadow_tone.REASONS
    return Measurement.of(SPEC, values, missing=reasons)
