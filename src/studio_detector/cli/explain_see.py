"""Looking at one photo for ``explain``: decoded once, its planes kept for the drawings."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from studio_detector.planes import Planes
from studio_detector.reporting.explanation.explain import explain
from studio_detector.reporting.explanation.waterfall import MOST_STEPS
from studio_detector.reporting.page.context import Context, Seen
from studio_detector.reporting.typical import typical_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.report import Report
    from studio_detector.reporting.overlays import Overlay
    from studio_detector.reporting.page.context import SettingLine
    from studio_detector.sources.photo import Photo


@dataclass(slots=True, kw_only=True)
class Eye:
    """Looks at photos with one detector.

    Attributes:
        detector: The detector.
        settings: Its settings, for the pages.
        most: Measurements named one by one; None for the usual number.
        draws: Draw overlays.
        evidence_map: Draw where the evidence lies, too.
        timing: Show milliseconds.
        context: How verdicts are made, for the pages.
    """

    detector: Detector
    settings: tuple[SettingLine, ...]
    most: int | None
    draws: bool
    evidence_map: bool
    timing: bool
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.context = Context(
            specs=tuple(analysis.SPEC for analysis in self.detector.registry),
            typical=typical_values(),
            settings=self.settings,
            band=self.detector.uncertain_band,
            timing=self.timing,
        )

    def look(self, photo: Photo) -> Seen:
        """Analyse and explain one photo, and draw what its analyses saw.

        Args:
            photo: The photo.

        Raises:
            StudioDetectorError: See `Detector.analyse`.
        """
        start = perf_counter()
        frame = self.detector.decode(photo.source)
        decode_ms = (perf_counter() - start) * 1000
        planes = Planes(frame.rgb)
        report = self.detector.analyse_frame(
            frame, path=photo.path, decode_ms=decode_ms, planes=planes
        )
        return Seen(
            explanation=explain(
                report,
                self.detector.model,
                self.detector.settings,
                self.context.measures,
                most=self.most or MOST_STEPS,
            ),
            rgb=frame.rgb,
            overlays=tuple(self._drawn(planes, report)) if self.draws else (),
        )

    def _drawn(self, planes: Planes, report: Report) -> Iterator[Overlay]:
        """The overlays of the analyses that ran, and the map of the evidence."""
        # The drawings are not wanted by whoever only reads.
        from studio_detector.reporting.overlays.of_report import drawable, drawn

        for kind in drawable(report.measurements, evidence_map=self.evidence_map):
            yield drawn(kind, planes, report, self.detector.model, self.detector.registry)
