"""What was found on a picture before, used again instead of measuring again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_detector.pipeline.plain import measurements_from_plain
from studio_detector.pipeline.versions import NETWORK_ENGINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import Measurement

#: What is needed of a row to go on from it.
KNOWN_KEYS = (
    "measurements",
    "missing",
    "versions",
    "basis",
    "timing_ms",
    "pdq",
    "pdq_quality",
)
_NETWORK = "network"


def known_measurements(row: Mapping[str, Any], basis: Mapping[str, Any]) -> dict[str, Measurement]:
    """The measurements of a row that would come out the same today.

    Args:
        row: Of an earlier analysis of the same bytes.
        basis: What pictures are measured on now.

    Returns:
        Analysis name -> measurement; none where pictures were decoded otherwise, and without
        the network where another engine computed it. The versions of the analyses are for the
        detector to look at.
    """
    before = row["basis"]
    if any(before.get(key) != basis[key] for key in basis if key != NETWORK_ENGINE):
        return {}
    found = measurements_from_plain(row)
    if before.get(NETWORK_ENGINE) != basis[NETWORK_ENGINE]:
        found.pop(_NETWORK, None)
    return found


def with_earlier_time(
    now: Mapping[str, float | None], before: Mapping[str, float | None]
) -> dict[str, float | None]:
    """Milliseconds of each stage over both runs; None for a stage that neither ran."""
    return {stage: _sum(milliseconds, before.get(stage)) for stage, milliseconds in now.items()}


def _sum(now: float | None, before: float | None) -> float | None:
    if now is None or before is None:
        return before if now is None else now
    return round(now + before, 3)
