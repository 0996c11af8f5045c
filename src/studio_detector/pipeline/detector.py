"""The pipeline, top to bottom: decode, measure light, decide, look closer when in doubt."""

from __future__ import annotations

import os
from time import perf_counter
from typing import TYPE_CHECKING, Self

from studio_detector.analysis.registry import Registry
from studio_detector.decision.shipped import load_model
from studio_detector.errors import AnalysisError, StudioDetectorError
from studio_detector.imaging import IsolatedLoader, load
from studio_detector.pipeline.judge import Judge
from studio_detector.pipeline.report import Failure, Outcome, Report, Timing
from studio_detector.pipeline.settings import Settings
from studio_detector.planes import Planes
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from studio_detector.analysis.base import Analysis, Measurement
    from studio_detector.decision.model import Model
    from studio_detector.imaging import Frame
    from studio_detector.imaging.source import Source
    from studio_detector.pipeline.judge import Lack, Verdict


class Detector:
    """Tells studio light from natural light, with evidence.

    A detector is built once and used for many photos; it holds no state between them, so
    the order of photos never changes a result. With ``isolate``, it holds a child process
    that `close`, or leaving a ``with`` block, ends.

    ::

        detector = Detector()
        detector.analyse("portrait.jpg").confidence
        for outcome in detector.analyse_many(["a.jpg", "b.jpg"]):
            print(outcome.to_json())

    Args:
        settings: What differs from the defaults.
        registry: Analyses to run; None takes the built-in ones and every installed plugin.
        model: Decides; None loads the one that the settings name.

    Raises:
        ConfigError: If a disabled analysis or the model does not exist.
        ModelError: If the model file cannot be used with the analyses.
        MissingExtraError: If the network engine asked for is not installed.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        registry: Registry | None = None,
        model: Model | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.registry = registry or Registry.load(
            disabled=self.settings.disabled_analyses,
            network_engine=self.settings.network_engine,
        )
        self.model = model or load_model(
            self.settings.model, rule_weights=self.settings.rule_weights
        )
        self.model.check_analyses(analysis.SPEC for analysis in self.registry)
        self.judge = Judge(self.settings, self.registry, self.model)
        self._isolated = (
            IsolatedLoader(
                working_size_px=self.settings.working_size_px, limits=self.settings.limits
            )
            if self.settings.isolate
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def uncertain_band(self) -> tuple[float, float]:
        """Confidences between which the label is uncertain: the settings', else the model's."""
        return self.judge.uncertain_band

    def close(self) -> None:
        """End the decoding child, where there is one; the detector may be used again."""
        if self._isolated is not None:
            self._isolated.close()

    def analyse(self, source: Source, *, path: str | None = None) -> Report:
        """Analyse one photo.

        Args:
            source: Path, bytes, binary file object, or NumPy array (see `imaging.load`).
            path: Name for the report; None takes the path given, if one was.

        Returns:
            The verdict with its evidence.

        Raises:
            InputError: If the photo cannot be read or decoded, or passes a limit.
            AnalysisError: If an analysis fails: a defect, ours or a plugin's.
        """
        start = perf_counter()
        frame = self.decode(source)
        return self.analyse_frame(
            frame,
            path=_name(source) if path is None else path,
            decode_ms=_milliseconds_since(start),
        )

    def decode(self, source: Source) -> Frame:
        """Read and decode one photo as `analyse` does, for `analyse_frame`.

        Args:
            source: See `analyse`.

        Raises:
            InputError: See `analyse`.
        """
        if self._isolated is not None:
            return self._isolated.load(source)
        return load(
            source,
            working_size_px=self.settings.working_size_px,
            limits=self.settings.limits,
        )

    def analyse_frame(
        self,
        frame: Frame,
        *,
        path: str | None = None,
        decode_ms: float = 0.0,
        planes: Planes | None = None,
        known: Mapping[str, Measurement] | None = None,
    ) -> Report:
        """Analyse a picture that was decoded before; see `analyse`.

        Args:
            frame: The picture.
            path: Name for the report.
            decode_ms: Milliseconds that decoding took, for the report.
            planes: Planes of ``frame.rgb``, for who wants to draw what was measured; None
                makes them here and forgets them.
            known: Analysis name -> what was measured on this very picture before, at the same
                working size; it is not measured again. Versions that are not the installed
                ones, and analyses that do not run, are ignored.
        """
        start = perf_counter()
        planes = Planes(frame.rgb) if planes is None else planes
        measurements = _measure(self.registry.phase("lighting"), planes, known)
        lighting_ms = _milliseconds_since(start)

        network_ms = None
        if self.judge.network:
            start = perf_counter()
            measurements |= _measure(self.judge.network, planes, known)
            network_ms = _milliseconds_since(start)
        verdict = self.judge.first(measurements)

        detail_ms = None
        if self.judge.wants_detail(verdict):
            start = perf_counter()
            detail = _measure(self.registry.phase("detail"), planes, known)
            verdict = self.judge.final(verdict, detail)
            detail_ms = _milliseconds_since(start)

        return Report(
            path=path,
            confidence=verdict.confidence,
            label=verdict.label,
            phase=verdict.phase,
            lighting_confidence=verdict.lighting_confidence,
            phases=self.settings.phases,
            evidence=verdict.evidence,
            measurements=verdict.measurements,
            model=self.model.identity,
            variant=self.settings.variant,
            version=VERSION,
            format=frame.format,
            original_rows_px=frame.original_rows_px,
            original_columns_px=frame.original_columns_px,
            rows_px=planes.rows_px,
            columns_px=planes.columns_px,
            sha256=frame.sha256,
            warnings=frame.warnings,
            timing=Timing(
                decode_ms=decode_ms,
                lighting_ms=lighting_ms,
                network_ms=network_ms,
                detail_ms=detail_ms,
                total_ms=decode_ms + lighting_ms + (network_ms or 0.0) + (detail_ms or 0.0),
            ),
        )

    def decide(self, measurements: Mapping[str, Measurement]) -> Verdict | Lack:
        """Judge by measurements that were kept, without the picture; see `Judge.decide`."""
        return self.judge.decide(measurements)

    def analyse_many(self, sources: Iterable[Source]) -> Iterator[Outcome]:
        """Analyse photos one after the other; a bad one becomes a `Failure`, never an exception.

        Args:
            sources: Anything `analyse` takes. Consumed one at a time, so an endless
                iterable works.

        Yields:
            One outcome for each source, in order.
        """
        for source in sources:
            try:
                yield self.analyse(source)
            except StudioDetectorError as error:
                yield Failure.of(_name(source), error)


def measured(analysis: Analysis, planes: Planes) -> Measurement:
    """What one analysis finds.

    Raises:
        AnalysisError: If it fails, or gives what its specification does not say: a defect,
            ours or a plugin's.
    """
    try:
        found = analysis.measure(planes)
        found.check(analysis.SPEC)
    except Exception as error:
        raise AnalysisError(
            f"the analysis {analysis.SPEC.name!r} failed on a picture of "
            f"{planes.rows_px} x {planes.columns_px} px ({type(error).__name__}: {error}); "
            f"disable it with disabled_analyses, and report the picture",
            code="analysis_failed",
        ) from error
    return found


def _measure(
    analyses: Iterable[Analysis], planes: Planes, known: Mapping[str, Measurement] | None
) -> dict[str, Measurement]:
    found = {}
    for analysis in analyses:
        before = None if known is None else known.get(analysis.SPEC.name)
        if before is None or before.version != analysis.SPEC.version:
            before = measured(analysis, planes)
        found[analysis.SPEC.name] = before
    return found


def _name(source: Source) -> str | None:
    return os.fsdecode(source) if isinstance(source, str | os.PathLike) else None


def _milliseconds_since(start: float) -> float:
    return (perf_counter() - start) * 1000
