"""Results of a new pipeline version from measurements that were kept: no picture is decoded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from studio_detector.pipeline.judge import Lack
from studio_detector.pipeline.plain import report_from_plain
from studio_detector.pipeline.report import REPORT_SCHEMA_VERSION
from studio_detector.pipeline.versions import NETWORK_ENGINE, basis
from studio_detector.service.children.earlier import known_measurements
from studio_detector.service.children.outcome import new_result, new_row, row_of
from studio_detector.service.records import ResultFilter, Work
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from studio_detector.decision.policy import Phases
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.judge import Verdict
    from studio_detector.pipeline.report import Report, Timing
    from studio_detector.service.records import NewResult, Result
    from studio_detector.service.variants import Variants

#: Why a picture must be decoded again: "detail" and "network" were not measured, or by another
#: engine; an "analysis" has another version; "decoding" gives other pixels; the "form" of the
#: result is one of another release.
Reason: TypeAlias = Literal["detail", "network", "analysis", "decoding", "form"]


class StoredResults(Protocol):
    """What is asked of the store; see `Results`."""

    def iterate(
        self,
        tenant: str | None = None,
        wanted: ResultFilter | None = None,
        *,
        with_shadows: bool = True,
    ) -> Iterator[Result]:
        """All results in the order they were stored, those stored meanwhile included."""

    def add(self, new: NewResult, *, judged: UUID | None = None) -> Result | None:
        """Store a result, unless the one that it was judged from anew was erased meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Which results are taken to be judged anew.

    Attributes:
        tenant: Whose; None for everybody's.
        variant: Of which variant; None for the one that judges.
        version: Of which pipeline version; None for all, the first that suffices.
    """

    tenant: str | None = None
    variant: str | None = None
    version: str | None = None


@dataclass(slots=True)
class Rescored:
    """How rescoring goes.

    Attributes:
        rescored: Pictures that got a result under the new version.
        labels_changed: Of them, with another label than the result they came from.
        current: Pictures that had one before.
        must_decode: Reason -> pictures that nothing stored suffices for.
    """

    rescored: int = 0
    labels_changed: int = 0
    current: int = 0
    must_decode: dict[Reason, int] = field(default_factory=dict)


def rescore(
    results: StoredResults,
    variants: Variants,
    name: str,
    *,
    taken: Taken | None = None,
    limit: int | None = None,
    progress: Callable[[Rescored], None] | None = None,
) -> Rescored:
    """Judge stored measurements by a variant as it is now.

    Results are stored under the pipeline version of today, each for the phases that were asked
    for before, and stay shadows where they were. They are what analysing the picture again
    would give, bit for bit, but for the milliseconds. Results that are there stay; so rescoring
    may be interrupted and run again.

    Args:
        results: The store's.
        variants: The variants of the service.
        name: The variant that judges.
        taken: Which results are judged; None for all of this variant.
        limit: Most results to store; None for no bound.
        progress: Told after each result looked at.

    Returns:
        The counts.

    Raises:
        RequestError: ``unknown_variant``.
    """
    is_shadow = variants.get(name).is_shadow
    taken = taken or Taken()
    judges: dict[Phases, _Judge] = {}

    def judge_of(result: Result) -> _Judge:
        phases = result.work.phases
        if phases not in judges:
            judges[phases] = _Judge.of(variants, name, phases)
        return judges[phases]

    finished = {
        _key(result)
        for result in results.iterate(taken.tenant, ResultFilter(variant=name))
        if result.work == judge_of(result).work
    }
    counts = Rescored(current=len(finished))
    lacking: dict[bytes, Reason] = {}
    for result in results.iterate(taken.tenant, ResultFilter(variant=taken.variant or name)):
        if limit is not None and counts.rescored >= limit:
            break
        key = _key(result)
        if key in finished or taken.version not in {None, result.work.pipeline_version}:
            continue
        judge = judge_of(result)
        row = judge.judged(result)
        _count(counts, lacking.pop(key, None), -1)
        if isinstance(row, dict):
            shadow = result.is_shadow or (is_shadow and result.work.variant != name)
            new = new_result(row, tenant=result.tenant, work=judge.work, is_shadow=shadow)
            if results.add(new, judged=result.id) is None:
                continue
            finished.add(key)
            counts.rescored += 1
            counts.labels_changed += row["label"] != result.label
        else:
            lacking[key] = row
            _count(counts, row, 1)
        if progress is not None:
            progress(counts)
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """One variant under one policy of phases."""

    work: Work
    detector: Detector
    basis: Mapping[str, Any]

    @classmethod
    def of(cls, variants: Variants, name: str, phases: Phases) -> _Judge:
        detector = variants.detector(name, phases)
        version = variants.pipeline_version(name, phases)
        return cls(
            work=Work(variant=name, pipeline_version=version, phases=phases),
            detector=detector,
            basis=basis(detector.settings),
        )

    def judged(self, result: NewResult) -> dict[str, Any] | Reason:
        """The row of a result judged anew, or why its picture must be decoded."""
        if result.report.get("schema_version") != REPORT_SCHEMA_VERSION:
            return "form"
        row = row_of(result)
        verdict = self.detector.decide(known_measurements(row, self.basis))
        if isinstance(verdict, Lack):
            return self._reason(verdict, row)
        specs = [analysis.SPEC for analysis in self.detector.registry]
        report = self._report(report_from_plain(row, specs=specs), verdict)
        return new_row(
            report,
            self.detector,
            measured_on=self.basis,
            perceptual_hash=(row["pdq"], row["pdq_quality"]),
        )

    def _report(self, before: Report, verdict: Verdict) -> Report:
        return replace(
            before,
            confidence=verdict.confidence,
            label=verdict.label,
            phase=verdict.phase,
            lighting_confidence=verdict.lighting_confidence,
            phases=self.detector.settings.phases,
            evidence=verdict.evidence,
            measurements=verdict.measurements,
            model=self.detector.model.identity,
            variant=self.detector.settings.variant,
            version=VERSION,
            timing=_timing(
                before.timing,
                network=bool(self.detector.judge.network),
                detail=verdict.phase == "detail",
            ),
        )

    def _reason(self, lack: Lack, row: Mapping[str, Any]) -> Reason:
        before = row["basis"]
        if any(before.get(key) != self.basis[key] for key in self.basis if key != NETWORK_ENGINE):
            return "decoding"
        versions = {a.SPEC.name: a.SPEC.version for a in self.detector.registry}
        if any(
            row["versions"].get(name, versions[name]) != versions[name] for name in lack.analyses
        ):
            return "analysis"
        network = {analysis.SPEC.name for analysis in self.detector.judge.network}
        return "network" if network & set(lack.analyses) else "detail"


def _timing(before: Timing, *, network: bool, detail: bool) -> Timing:
    """Milliseconds of what the new verdict rests on."""
    network_ms = before.network_ms if network else None
    detail_ms = before.detail_ms if detail else None
    total_ms = before.decode_ms + before.lighting_ms + (network_ms or 0) + (detail_ms or 0)
    return replace(before, network_ms=network_ms, detail_ms=detail_ms, total_ms=total_ms)


def _key(result: NewResult) -> bytes:
    """Sixteen bytes for each picture of each tenant and policy, since there may be millions."""
    text = f"{result.tenant}\n{result.image_hash}\n{result.work.phases}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _count(counts: Rescored, reason: Reason | None, by: int) -> None:
    if reason is None:
        return
    count = counts.must_decode.pop(reason, 0) + by
    if count:
        counts.must_decode[reason] = count
