"""How deep shadows are: the distribution of tones from black to white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.analysis.base import MeasureSpec

if TYPE_CHECKING:
    from studio_detector.planes import Planes
    from studio_detector.planes.statistics import Histogram

#: Luma (sRGB coded) of L* 20: what a print shows as shadow.
SHADOW_LEVEL = 48
#: Luma that a print shows as black.
BLACK_LEVEL = 10
#: Middle tones: L* 33 to 78.
_MIDTONES = (78, 194)
_OTSU = "N. Otsu, IEEE Trans. SMC 9 (1979), doi:10.1109/TSMC.1979.4310076"
_HISTOGRAM = "Luma histogram"

#: Why a measure can be None.
REASONS = {"depth_ratio": "the picture has one tone"}

MEASURES = (
    MeasureSpec(
        name="depth_level",
        summary="5th percentile of luma: how dark the shadows are",
        unit="levels",
        low=0,
        high=255,
        studio=1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="depth_ratio",
        summary="Where the median lies between 5th and 95th percentile: 1 = light picture",
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
        summary="Share of the border that belongs to the dark regions",
        unit="1",
        low=0,
        high=1,
        source="Position of dark regions",
    ),
    MeasureSpec(
        name="tone_entropy_bits",
        summary="Entropy of the luma histogram (64 bins): few tones are low",
        unit="bit",
        low=0,
        high=6,
        studio=-1,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="bimodality",
        summary="Otsu's separability of luma into dark and light: 1 = two tones",
        unit="1",
        low=0,
        high=1,
        studio=1,
        source=_OTSU,
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
        summary="95th less 5th percentile of luma",
        unit="levels",
        low=0,
        high=255,
        source=_HISTOGRAM,
    ),
    MeasureSpec(
        name="modal_tone_ratio",
        summary="Share of the picture within 4 levels of the most frequent luma",
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
    share = histogram.counts / histogram.total
    # The mode is that of a smoothed histogram: single levels are an accident of coding.
    near = np.convolve(share, np.ones(9), mode="same")
    bins = share.reshape(64, 4).sum(axis=1)
    filled = bins[bins > 0]
    return {
        "depth_level": dark,
        "depth_ratio": (middle - dark) / span if span > 0 else None,
        "dark_ratio": 1 - histogram.fraction_at_least(SHADOW_LEVEL),
        "black_ratio": 1 - histogram.fraction_at_least(BLACK_LEVEL + 1),
        "border_ratio": float(planes.shadow[planes.border].mean()),
        "tone_entropy_bits": float(np.clip(-(filled * np.log2(filled)).sum(), 0, 6)),
        "bimodality": _bimodality(histogram),
        "midtone_ratio": float(
            histogram.counts[_MIDTONES[0] : _MIDTONES[1] + 1].sum() / histogram.total
        ),
        "range_levels": span,
        "modal_tone_ratio": min(1.0, float(near.max())),
    }


def _bimodality(histogram: Histogram) -> float:
    """Largest share of the variance that one threshold explains; 0 for a single tone."""
    share = histogram.counts / histogram.total
    levels = np.arange(256)
    mean = share @ levels
    variance = share @ (levels - mean) ** 2
    if variance <= 1e-9:
        return 0.0
    below = np.cumsum(share)[:-1]
    moment = np.cumsum(share * levels)[:-1]
    weight = below * (1 - below)
    between = np.divide(
        (mean * below - moment) ** 2, weight, out=np.zeros_like(weight), where=weight > 1e-9
    )
    return float(np.clip(between.max() / variance, 0, 1))
