"""What a page tells beside the explanation: how the verdict was made, and with which pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec, MeasureSpec
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.overlays import Overlay
    from studio_detector.reporting.typical import Typical


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLine:
    """One setting in force.

    Attributes:
        name: Dotted name.
        value: Its value in words.
        origin: Where it comes from.
        changed: Whether it differs from the default.
    """

    name: str
    value: str
    origin: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """How verdicts were made; the same for all pages of a run.

    Attributes:
        specs: Specifications of the analyses.
        typical: Full name of a measure -> its spread in the training photographs.
        settings: Every setting; None where they are no longer known.
        band: Confidences between which the label is uncertain.
        timing: Show milliseconds.
    """

    specs: tuple[AnalysisSpec, ...]
    typical: Mapping[str, Typical]
    settings: tuple[SettingLine, ...] | None
    band: tuple[float, float]
    timing: bool = True

    @property
    def measures(self) -> dict[str, MeasureSpec]:
        """Full name -> specification of every measure."""
        return {spec.key(measure): measure for spec in self.specs for measure in spec.measures}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One photo as a page needs it.

    Attributes:
        explanation: Why it got its verdict.
        rgb: The picture at working size, uint8 (rows, columns, 3), sRGB; None where it is no
            longer kept.
        overlays: What its analyses saw; none without the picture.
    """

    explanation: Explanation
    rgb: npt.NDArray[np.uint8] | None
    overlays: Sequence[Overlay]
