"""What a child draws of a result: its page, overlays, a thumbnail; and what it explains."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2

from studio_detector.errors import RequestError
from studio_detector.pipeline.judge import Lack, known
from studio_detector.pipeline.plain import report_from_plain
from studio_detector.pipeline.settings import Settings
from studio_detector.planes import Planes
from studio_detector.reporting.explanation.explain import explain
from studio_detector.reporting.overlays import OVERLAYS, png_bytes
from studio_detector.reporting.overlays.draw import EVIDENCE
from studio_detector.reporting.overlays.of_report import drawable, drawn
from studio_detector.reporting.page.as_data import photo_data
from studio_detector.reporting.page.context import Context, Seen, SettingLine
from studio_detector.reporting.page.photo_page import photo_page
from studio_detector.reporting.page.pictures import reduced
from studio_detector.reporting.typical import typical_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from studio_detector.decision.model import Model
    from studio_detector.imaging.frame import Frame
    from studio_detector.pipeline.report import Report
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.service.children.loaded import Loaded

#: Long side of a thumbnail, px: as the page makes its own.
THUMBNAIL_PX = 320
_THUMBNAIL_CODING = (cv2.IMWRITE_JPEG_QUALITY, 82, cv2.IMWRITE_JPEG_OPTIMIZE, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawer:
    """Draws one result as it was, or not at all: never what other versions would find.

    Attributes:
        row: The result; see `studio_detector.service.children.outcome`.
        report: The same as a report.
        frame: The picture; None where it is no longer kept.
        loaded: The result's variant as it is now.
        model: The model of the result; None where no variant has it any more.
    """

    row: Mapping[str, Any]
    report: Report
    frame: Frame | None
    loaded: Loaded
    model: Model | None

    @classmethod
    def of(
        cls, row: Mapping[str, Any], frame: Frame | None, loaded: Loaded, models: Iterable[Model]
    ) -> Drawer:
        """Turn a row back into a report and look for its model."""
        specs = [analysis.SPEC for analysis in loaded.detector.registry]
        report = report_from_plain(row, specs=specs)
        model = next((found for found in models if found.identity == report.model), None)
        return cls(row=row, report=report, frame=frame, loaded=loaded, model=model)

    def page(self, name: str | None, pipeline_version: str) -> bytes:
        """The page of the result, as HTML in UTF-8.

        Args:
            name: What the photo is called.
            pipeline_version: Of the result.
        """
        detector = self.loaded.detector
        is_current = pipeline_version == self.loaded.pipeline_version
        settings = tuple(_lines(detector.settings, Settings())) if is_current else None
        context = self._context(settings)
        explanation = self._explained(context, name)
        planes = self._planes()
        overlays = [
            drawn(kind, planes, self.report, self.model, detector.registry)
            for kind in drawable(self.report.measurements, evidence_map=self.model is not None)
            if planes is not None
        ]
        rgb = None if self.frame is None else self.frame.rgb
        page = photo_page(Seen(explanation=explanation, rgb=rgb, overlays=overlays), context)
        return page.encode("utf-8", "backslashreplace")

    def explanation(self) -> bytes:
        """What the page says beside its pictures, as JSON; see `photo_data`."""
        context = self._context(None)
        data = photo_data(self._explained(context, None), context)
        return json.dumps(data, allow_nan=False).encode("ascii")

    def thumbnail(self) -> bytes:
        """A small JPEG of the picture.

        Raises:
            RequestError: ``picture_gone`` without the picture.
        """
        small = reduced(self._picture().rgb, THUMBNAIL_PX)
        # With tables of its own: smaller, and nothing in it stands in the file that it is of.
        _, file = cv2.imencode(".jpg", small[:, :, ::-1], _THUMBNAIL_CODING)
        return file.tobytes()

    def overlay(self, name: str) -> bytes:
        """One overlay as a PNG.

        Args:
            name: A key of `OVERLAYS`.

        Raises:
            RequestError: ``picture_gone`` without the picture; ``overlay_unknown`` if the
                result was made by other versions than are installed.
        """
        self._picture()
        planes = self._planes()
        if planes is None or (self.model is None and name == EVIDENCE):
            raise RequestError(
                f"the result was made by other versions (program {self.report.version}, model "
                f"{self.report.model}) than are installed, and these would draw what it does "
                "not rest on; have the picture analysed again",
                code="overlay_unknown",
            )
        registry = self.loaded.detector.registry
        return png_bytes(drawn(OVERLAYS[name], planes, self.report, self.model, registry).rgb)

    def _context(self, settings: tuple[SettingLine, ...] | None) -> Context:
        low, high = self.row["band"]
        return Context(
            specs=tuple(analysis.SPEC for analysis in self.loaded.detector.registry),
            typical=typical_values(),
            settings=settings,
            band=(low, high),
        )

    def _explained(self, context: Context, name: str | None) -> Explanation:
        doubt_low, doubt_high = self.row["doubt"]
        return explain(
            replace(self.report, path=name),
            self.model,
            # The two that explaining reads, as they were.
            Settings(doubt_low=doubt_low, doubt_high=doubt_high),
            context.measures,
        )

    def _picture(self) -> Frame:
        if self.frame is None:
            raise RequestError(
                "the picture is no longer kept, so nothing can be drawn on it; post it again",
                code="picture_gone",
            )
        return self.frame

    def _planes(self) -> Planes | None:
        """The planes that were measured; None where they are gone, or would differ today."""
        if self.frame is None or self.row["basis"] != self.loaded.basis:
            return None
        measurements = self.report.measurements
        analyses = [a for a in self.loaded.detector.registry if a.SPEC.name in measurements]
        is_same = len(analyses) == len(measurements) and not isinstance(
            known(measurements, analyses), Lack
        )
        return Planes(self.frame.rgb) if is_same else None


def _lines(settings: Any, defaults: Any, prefix: str = "") -> Iterator[SettingLine]:  # noqa: ANN401
    for field in fields(settings):
        value, default = getattr(settings, field.name), getattr(defaults, field.name)
        name = prefix + field.name
        if is_dataclass(value):
            yield from _lines(value, default, f"{name}.")
            continue
        yield SettingLine(
            name=name,
            value="none" if value is None else json.dumps(value),
            origin="default" if value == default else "the service",
            changed=value != default,
        )
