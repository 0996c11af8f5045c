"""When to look closer, and what to call the result."""

from __future__ import annotations

from typing import Literal

Label = Literal["studio", "natural", "uncertain"]
Phases = Literal["auto", "lighting", "all"]


def detail_wanted(
    confidence: float, phases: Phases, *, doubt_low: float, doubt_high: float
) -> bool:
    """Say whether phase 3 runs after the lighting was judged.

    Args:
        confidence: Calibrated P(studio) from lighting alone, 0..1.
        phases: "lighting" never, "all" always, "auto" only in doubt.
        doubt_low: Lower bound of doubt, 0..1, included.
        doubt_high: Upper bound of doubt, 0..1, included.
    """
    if phases == "auto":
        return doubt_low <= confidence <= doubt_high
    return phases == "all"


def label(confidence: float, *, uncertain_low: float, uncertain_high: float) -> Label:
    """Name a confidence: uncertain inside the band (bounds included), else its side.

    Args:
        confidence: Calibrated P(studio), 0..1.
        uncertain_low: Lower bound of the band, at most 0.5.
        uncertain_high: Upper bound of the band, at least 0.5.
    """
    if uncertain_low <= confidence <= uncertain_high:
        return "uncertain"
    return "studio" if is_studio(confidence) else "natural"


def is_studio(confidence: float) -> bool:
    """The two-way verdict: above one half is studio."""
    return confidence > 0.5
