"""What comes out: a typed report for each photo, or a typed failure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_detector.decision.evidence import sigmoid
from studio_detector.decision.policy import is_studio
from studio_detector.pipeline.notebook import failure_html, report_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.analysis.base import Measurement
    from studio_detector.decision.evidence import Evidence
    from studio_detector.decision.policy import Label, Phases
    from studio_detector.errors import StudioDetectorError

#: Version of the JSON form of reports; changes when a key changes its name or meaning.
REPORT_SCHEMA_VERSION = 1
# Far more digits than a confidence has meaning, few enough to read.
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Wall-clock milliseconds of each stage; None for a stage that did not run."""

    decode_ms: float
    lighting_ms: float
    network_ms: float | None
    detail_ms: float | None
    total_ms: float

    def to_dict(self) -> dict[str, float | None]:
        """Stage -> milliseconds, rounded to microseconds."""
        return {
            "decode": round(self.decode_ms, 3),
            "lighting": round(self.lighting_ms, 3),
            "network": None if self.network_ms is None else round(self.network_ms, 3),
            "detail": None if self.detail_ms is None else round(self.detail_ms, 3),
            "total": round(self.total_ms, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The verdict on one photo with everything it rests on.

    Attributes:
        path: Name the photo was given by; None for bytes and arrays.
        confidence: Calibrated P(studio), 0..1.
        label: "studio", "natural" or "uncertain".
        phase: "lighting" or "detail": the last phase that ran.
        lighting_confidence: Calibrated P(studio) after the lighting phase alone, 0..1.
        phases: The policy in force: "auto", "lighting" or "all".
        evidence: Log-odds that add up to the verdict.
        measurements: Analysis name -> raw numbers, in running order.
        model: Identity of the model, ``name@version+digest``.
        variant: Name of the settings.
        version: Version of this package.
        format: Picture format by magic number, or "array".
        original_rows_px: Rows of the whole picture, upright.
        original_columns_px: Columns of the whole picture, upright.
        rows_px: Rows at working size.
        columns_px: Columns at working size.
        sha256: Hex digest of the file; None for arrays.
        warnings: Assumptions and losses, in words.
        timing: Milliseconds of each stage.
    """

    path: str | None
    confidence: float
    label: Label
    phase: str
    lighting_confidence: float
    phases: Phases
    evidence: Evidence
    measurements: Mapping[str, Measurement]
    model: str
    variant: str
    version: str
    format: str
    original_rows_px: int
    original_columns_px: int
    rows_px: int
    columns_px: int
    sha256: str | None
    warnings: tuple[str, ...]
    timing: Timing

    @property
    def is_studio(self) -> bool:
        """The two-way verdict: confidence above one half."""
        return is_studio(self.confidence)

    @property
    def components(self) -> dict[str, float]:
        """Component -> score 0..1 (1 = studio-like): the sigmoid of its summed evidence.

        Derived from the evidence, so that scores never contradict the verdict. A component
        without any term in the model has no score.
        """
        sums = self.evidence.by_component()
        return {name: sigmoid(sums[name]) for name in self.measurements if name in sums}

    def to_dict(self, *, verbose: bool = False, timing: bool = True) -> dict[str, Any]:
        """Plain data for JSON.

        Args:
            verbose: Add every measurement and its evidence.
            timing: Keep ``timing_ms``; without it, equal pixels give equal dictionaries.

        Returns:
            A dictionary of plain numbers, strings, lists and dictionaries.
        """
        data: dict[str, Any] = {
            "path": self.path,
            "is_studio": self.is_studio,
            "confidence": round(self.confidence, _DIGITS),
            "label": self.label,
            "phase": self.phase,
            "components": {name: round(v, _DIGITS) for name, v in self.components.items()},
            "model": self.model,
            "variant": self.variant,
            "version": self.version,
            "timing_ms": self.timing.to_dict(),
            "warnings": list(self.warnings),
        }
        if not timing:
            del data["timing_ms"]
        if verbose:
            data |= {
                "schema_version": REPORT_SCHEMA_VERSION,
                "logit": self.evidence.logit,
                "intercept": self.evidence.intercept,
                "evidence": [
                    {"measures": list(term.measures), "log_odds": term.log_odds}
                    for term in self.evidence.terms
                ],
                "measurements": {
                    name: dict(measurement.values)
                    for name, measurement in self.measurements.items()
                },
                "missing": {
                    f"{name}.{measure}": reason
                    for name, measurement in self.measurements.items()
                    for measure, reason in measurement.missing.items()
                },
                "lighting_confidence": round(self.lighting_confidence, _DIGITS),
                "format": self.format,
                "original_size_px": [self.original_rows_px, self.original_columns_px],
                "working_size_px": [self.rows_px, self.columns_px],
                "sha256": self.sha256,
            }
        return data

    def to_json(self, *, verbose: bool = False, timing: bool = True) -> str:
        """One line of JSON; see `to_dict`."""
        return _line(self.to_dict(verbose=verbose, timing=timing))

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict with its strongest evidence."""
        return report_html(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A photo that could not be analysed; others may.

    Attributes:
        path: Name the photo was given by; None for bytes and arrays.
        code: Key of `studio_detector.errors.CODES`.
        message: What happened and what to do next.
    """

    path: str | None
    code: str
    message: str
    #: Kept for symmetry with `Report`; a failure has no verdict.
    is_studio: None = field(default=None, init=False)
    confidence: None = field(default=None, init=False)

    @classmethod
    def of(cls, path: str | None, error: StudioDetectorError) -> Failure:
        """Describe an error of our tree."""
        return cls(path=path, code=error.code, message=error.message)

    def to_dict(self, *, verbose: bool = False, timing: bool = True) -> dict[str, Any]:
        """Plain data for JSON; the arguments are those of `Report.to_dict` and change nothing."""
        del verbose, timing
        return {
            "path": self.path,
            "is_studio": None,
            "confidence": None,
            "error": {"code": self.code, "message": self.message},
        }

    def to_json(self, *, verbose: bool = False, timing: bool = True) -> str:
        """One line of JSON."""
        return _line(self.to_dict(verbose=verbose, timing=timing))

    def _repr_html_(self) -> str:
        """What a notebook shows: the reason."""
        return failure_html(self)


#: What `Detector.analyse_many` yields.
Outcome: TypeAlias = Report | Failure


def _line(data: dict[str, Any]) -> str:
    # Escaped, because a path may hold bytes that are no valid text; NaN is never written.
    return json.dumps(data, ensure_ascii=True, allow_nan=False)
