"""How deep shadows are: the distribution of tones from black to white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import MeasureSpec

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Luma (sRGB coded) of L* 20: what a print shows as shadow.
SHADOW_LEVEL = 48
#: Luma that a print shows as black.
BLACK_LEVEL = 10
#: Middle tones, L* 33 to 78: from the first of these levels to below the second.
_MIDTONES = (78, 195)
_HISTOGRAM = "Luma histogram"

#: Why a measure can be None.
REASONS = {"depth_ratio": "the picture has one tone"}

MEASURES = (
    MeasureSpec(
        name="depth_level",
        summary="Luma of the shadows, its 5th percentile: low is deep",
        unit="levels",
        low=0,
        high=255,
        studio=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="depth_ratio",
        summary=(
            "Where the median tone lies between 5th and 95th percentile of luma: 1 = light picture"
        ),
        unit="1",
        low=0,
        high=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="dark_ratio",
        summary="Share of the picture darker than L* 20",
        unit="1",
        low=0,
        high=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="black_ratio",
        summary="Share of the picture that is black",
        unit="1",
        low=0,
        high=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="border_ratio",
        summary="Share of the border that lies in dark areas",
        unit="1",
        low=0,
        high=1,
        source="Position of dark regions",
    ),
    MeasureSpec(
        name="tone_entropy_bits",
        summary="Variety of tones, entropy of the luma histogram in 64 bins: few tones are low",
        unit="bit",
        low=0,
        high=6,
        studio=-1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="midtone_ratio",
        summary="Share of the picture in the middle tones, L* 33 to 78",
        unit="1",
        low=0,
        high=1,
        studio=-1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="range_levels",
        summary="Range of tones, 95th less 5th percentile of luma",
        unit="levels",
        low=0,
        high=255,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="modal_tone_ratio",
        summary="Share of the picture within 4 levels of its most frequent luma",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_HISTOGRAM,
    ),
)


def measure_tone(planes: Planes) -> dict[str, float | None]:
    """Measure the tones.

    Args:
        planes: Planes at any size.

    Returns:
        The measures; ``depth_ratio`` is None for a picture of one tone.
    """
    histogram = planes.luma_histogram
    dark, middle, light = (histogram.percentile(percent) for percent in (5, 50, 95))
    span = light - dark
    # The mode is that of a smoothed histogram: single levels are an accident of coding.
    near = np.convolve(histogram.counts, np.ones(9), mode="same")
    bins = histogram.counts.reshape(64, 4).sum(axis=1)
    shares = bins[bins > 0] / histogram.total
    below, above = (histogram.fraction_at_least(level) for level in _MIDTONES)
    shadow = planes.shadow
    inner = shadow[planes.inside_border]
    in_border = int(np.count_nonzero(shadow)) - int(np.count_nonzero(inner))
    return {
        "depth_level": dark,
        "depth_ratio": (middle - dark) / span if span > 0 else None,
        "dark_ratio": 1 - histogram.fraction_at_least(SHADOW_LEVEL),
        "black_ratio": 1 - histogram.fraction_at_least(BLACK_LEVEL + 1),
        "border_ratio": in_border / (shadow.size - inner.size),
        "tone_entropy_bits": min(max(-float(shares @ np.log2(shares)), 0.0), 6.0),
        "midtone_ratio": below - above,
        "range_levels": span,
        "modal_tone_ratio": min(1.0, float(near.max()) / histogram.total),
    }
