"""What a service found, in the form of what `Detector` finds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from studio_detector.client.errors import JobPendingError, RemoteError, misunderstood
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_BUG, InputError
from studio_detector.pipeline.plain import report_from_plain
from studio_detector.pipeline.report import Failure
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.client.answers import Result
    from studio_detector.decision.policy import Label
    from studio_detector.pipeline.report import Report

_T = TypeVar("_T")

# Codes that stop a command by these are about one picture, others about all.
_ABOUT_ONE_PICTURE = frozenset({EXIT_ALL_FAILED, EXIT_BUG})


@dataclass(frozen=True, slots=True)
class RemoteReport:
    """A report with where it is kept; stands in for `Report` where outcomes are written.

    Attributes:
        report: The report.
        result: What the service said.
    """

    report: Report
    result: Result

    @property
    def is_studio(self) -> bool:
        """The two-way verdict."""
        return self.report.is_studio

    @property
    def label(self) -> Label:
        """The verdict in words."""
        return self.report.label

    @property
    def settings(self) -> Settings:
        """The settings in force, as far as reports tell of them."""
        low, high = self.result.raw["report"]["doubt"]
        return Settings(doubt_low=low, doubt_high=high)

    def to_dict(self, *, verbose: bool = False, timing: bool = True) -> dict[str, Any]:
        """What `Report.to_dict` gives, and the names of result and job."""
        names = {"result_id": self.result.id, "job_id": self.result.job_id}
        return self.report.to_dict(verbose=verbose, timing=timing) | {
            **{name: None if value is None else str(value) for name, value in names.items()},
            "answer": self.result.answer,
        }

    def to_json(self, *, verbose: bool = False, timing: bool = True) -> str:
        """One line of JSON; see `to_dict`."""
        return json.dumps(self.to_dict(verbose=verbose, timing=timing), allow_nan=False)


#: What is written for one picture.
RemoteOutcome: TypeAlias = RemoteReport | Failure


def remote_report(
    path: str | None, result: Result, specs: Iterable[AnalysisSpec] = ()
) -> RemoteReport:
    """Put a result into the form of a report.

    Args:
        path: What the picture is called here.
        result: What the service said.
        specs: Specifications of the analyses known here, for the order of what was measured.

    Raises:
        RemoteError: ``service_unreachable`` if the service is of too different a version.
    """
    try:
        row = _row(path, result.raw)
        found = RemoteReport(report_from_plain(row, specs=specs), result)
        _ = found.settings
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise misunderstood("holds a result that this version does not understand") from error
    return found


def about_one_picture(path: str, call: Callable[[], _T]) -> _T | Failure:
    """Ask about one picture; what is wrong with it alone becomes a failure.

    Raises:
        StudioDetectorError: What would befall the next picture as well.
    """
    try:
        return call()
    except (InputError, JobPendingError) as error:
        return Failure.of(path, error)
    except RemoteError as error:
        if error.info.exit_code in _ABOUT_ONE_PICTURE:
            return Failure.of(path, error)
        raise


def _row(path: str | None, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The plain data that `report_from_plain` reads, of the JSON of a result."""
    kept = {**raw["phase1_results"], **(raw["phase3_results"] or {})}
    columns = ("confidence", "label", "phase", "phases", "lighting_confidence", "model", "variant")
    return {
        **raw["report"],
        **{name: raw[name] for name in columns},
        "path": path,
        "sha256": raw["image_hash"],
        "intercept": raw["evidence"]["intercept"],
        "evidence": raw["evidence"]["terms"],
        "measurements": {name: found["values"] for name, found in kept.items()},
        "missing": {
            f"{name}.{measure}": reason
            for name, found in kept.items()
            for measure, reason in found["missing"].items()
        },
        "versions": {name: found["version"] for name, found in kept.items()},
    }
