"""New verdicts from what was measured before, without a picture."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kept_pictures import picture, sha256
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.outcome import new_result, new_row, report_of
from studio_detector.service.records import NewResult, Result, Work
from studio_detector.service.rescore import Rescored, Taken, rescore
from studio_detector.service.variants import Variants
from studio_detector.service.variants_file import Variant

DAY = datetime(2026, 11, 23, tzinfo=UTC)


class Results:
    """What is asked of the store, kept in a list; JSON comes back with its keys in order."""

    def __init__(self, *new):
        self.kept = []
        for result in new:
            self.add(result)

    def add(self, new, *, judged=None):  # noqa: ARG002
        key = (new.tenant, new.image_hash, new.work)
        for kept in self.kept:
            if key == (kept.tenant, kept.image_hash, kept.work):
                return kept
        fields = {name: getattr(new, name) for name in NewResult.__slots__}
        for name in ("phase1_results", "phase3_results", "evidence", "report"):
            fields[name] = json.loads(json.dumps(fields[name], sort_keys=True))
        moment = DAY + timedelta(seconds=len(self.kept))
        self.kept.append(Result(**fields, id=uuid4(), created_at=moment))
        return self.kept[-1]

    def iterate(self, tenant=None, wanted=None, *, with_shadows=True):
        at = 0
        while at < len(self.kept):
            result = self.kept[at]
            at += 1
            if (tenant in {None, result.tenant}
                    and wanted.variant in {None, result.work.variant}
                    and (with_shadows or not result.is_shadow)):  # fmt: skip
                yield result

    def under(self, version):
        return [result for result in self.kept if result.work.pipeline_version == version]


def analysed(seed, settings, *, version="0.0+old", tenant="t", name=None, **more):
    """The result of a full analysis."""
    detector = Detector(settings)
    report = replace(detector.analyse(picture(seed)), sha256=sha256(bytes([seed])))
    row = new_row(
        report, detector, measured_on=basis(settings), perceptual_hash=("0f" * 32, 90 + seed)
    )
    work = Work(variant=name or settings.variant, pipeline_version=version, phases=settings.phases)
    return new_result(row, tenant=tenant, work=work, **more)


def comparable(result):
    """A result without its name, its time and its milliseconds."""
    values = asdict(result)
    for name in ("id", "created_at", "processing_time_ms"):
        values.pop(name, None)
    values["report"] = {k: v for k, v in values["report"].items() if k != "timing_ms"}
    return values


NEW_SETTINGS = [
    {"phases": "all"},
    {"phases": "auto", "doubt_low": 0.0, "doubt_high": 1.0},
    {"phases": "auto"},
    {"phases": "lighting"},
    {"phases": "all", "disabled_analyses": ("shadow",)},
    {"phases": "auto", "uncertain_low": 0.0, "uncertain_high": 1.0},
    {"phases": "all", "model": "full"},
]


class TestVerdicts:
    @pytest.mark.parametrize("changes", NEW_SETTINGS, ids=str)
    def test_they_are_those_of_a_full_analysis(self, changes):
        """All columns, bit for bit, but for the milliseconds."""
        settings = Settings(**{"model": "rules", **changes})
        old = Settings(phases="all")
        variants = Variants(settings)
        version = variants.pipeline_version("default", settings.phases)
        measured = [analysed(seed, old, is_shadow=seed == 1) for seed in range(3)]
        # As if everything had been measured under the policy that is asked for.
        work = Work(variant="default", pipeline_version="0.0+old", phases=settings.phases)
        results = Results(*(replace(new, work=work) for new in measured))

        counts = rescore(results, variants, "default")

        assert Rescored(rescored=3, labels_changed=counts.labels_changed) == counts
        expected = [
            analysed(seed, settings, version=version, is_shadow=seed == 1) for seed in range(3)
        ]
        assert [comparable(new) for new in expected] == [
            comparable(kept) for kept in results.under(version)
        ]

    def test_the_report_of_a_new_verdict_can_be_shown(self):
        """With milliseconds of the stages that have a say."""
        old = analysed(1, Settings(phases="all"))
        results = Results(replace(old, work=replace(old.work, phases="auto")))
        variants = Variants(Settings(model="rules", doubt_low=0.0, doubt_high=1.0))

        rescore(results, variants, "default")

        report = report_of(results.kept[-1])
        assert report.timing.network_ms is None
        assert report.timing.detail_ms is not None
        total = report.timing.decode_ms + report.timing.lighting_ms + report.timing.detail_ms
        assert total == pytest.approx(report.timing.total_ms, abs=0.01)
        assert report.model.startswith("rules@")

    def test_labels_that_changed_are_counted(self):
        """Everything is uncertain now."""
        old = Settings(model="rules", uncertain_low=0.5, uncertain_high=0.5)
        results = Results(*(analysed(seed, old) for seed in range(3)))
        variants = Variants(replace(old, uncertain_low=0.0, uncertain_high=1.0))

        assert 3 == rescore(results, variants, "default").labels_changed


class TestMustDecode:
    """What nothing stored suffices for is counted, not invented."""

    VARIANTS = Variants(Settings(model="rules", phases="all"))

    def counted(self, *stored, variants=None):
        results = Results(*stored)
        before = len(results.kept)
        counts = rescore(results, variants or self.VARIANTS, "default")
        assert counts.rescored == len(results.kept) - before
        return counts.must_decode

    @staticmethod
    def under(phases, result):
        return replace(result, work=replace(result.work, phases=phases))

    def test_details_that_were_not_measured(self):
        """And are wanted now."""
        old = analysed(1, Settings(phases="lighting"))

        assert {"detail": 1} == self.counted(self.under("all", old))

    def test_the_network_that_was_not_measured_or_by_another_engine(self):
        """The other numbers would do."""
        without = self.under("auto", analysed(1, Settings(model="rules", phases="lighting")))
        other = self.under("auto", analysed(2, Settings(phases="lighting")))
        engine = {**other.report["basis"], "network_engine": "abacus 1"}
        other = replace(other, report={**other.report, "basis": engine})
        reads = Variants(Settings(doubt_low=0.5, doubt_high=0.5))

        assert {"network": 2} == self.counted(without, other, variants=reads)
        assert {} == self.counted(
            other, variants=Variants(Settings(model="rules", doubt_low=0.5, doubt_high=0.5))
        )

    def test_an_analysis_of_another_version(self):
        """Its numbers may mean something else."""
        old = analysed(1, Settings(model="rules", phases="all"))
        shadow = {**old.phase1_results["shadow"], "version": 99}
        old = replace(old, phase1_results={**old.phase1_results, "shadow": shadow})

        assert {"analysis": 1} == self.counted(old)

    @pytest.mark.parametrize("key", ["decode", "working_size_px", "max_metadata_bytes"])
    def test_pixels_that_would_be_others_today(self, key):
        """By another decoder, or at another size."""
        old = analysed(1, Settings(model="rules", phases="all"))
        other = {**old.report["basis"], key: 77}

        assert {"decoding": 1} == self.counted(replace(old, report={**old.report, "basis": other}))

    def test_results_of_another_form(self):
        """By a release to come, or long gone."""
        old = analysed(1, Settings(model="rules", phases="all"))

        assert {"form": 1} == self.counted(replace(old, report={**old.report, "schema_version": 0}))

    def test_one_that_suffices_under_another_version_is_enough(self):
        """Whichever comes first."""
        lacks = self.under("all", analysed(1, Settings(model="rules", phases="lighting")))
        suffices = analysed(1, Settings(phases="all"), version="0.0+older")

        for stored in ((lacks, suffices), (suffices, lacks)):
            assert {} == self.counted(*stored)


class TestWhichAreTaken:
    def test_those_of_today_are_left_alone(self):
        """And nothing is stored twice, however often it runs."""
        settings = Settings(model="rules")
        variants = Variants(settings)
        results = Results(
            analysed(1, settings, version=variants.pipeline_version("default", "auto")),
            analysed(2, settings),
            analysed(1, settings, version="0.0+older"),
            analysed(3, settings, is_shadow=True),
        )

        first = rescore(results, variants, "default")
        again = rescore(results, variants, "default")

        assert (2, 1) == (first.rescored, first.current)
        assert (0, 3) == (again.rescored, again.current)
        assert 6 == len(results.kept)

    def test_a_limit_ends_it_and_the_next_run_goes_on(self):
        """As after an interruption."""
        settings = Settings(model="rules")
        variants = Variants(settings)
        results = Results(*(analysed(seed, settings) for seed in range(5)))

        runs = [rescore(results, variants, "default", limit=2).rescored for _ in range(4)]

        assert [2, 2, 1, 0] == runs

    def test_by_version_by_tenant_and_by_variant(self):
        """Those of others stay what they are."""
        settings = Settings(model="rules")
        variants = Variants(settings, [Variant(name="b", settings=replace(settings, variant="b"))])
        results = Results(
            analysed(1, settings, version="v1"),
            analysed(2, settings, version="v2"),
            analysed(3, settings, version="v1", tenant="u"),
            analysed(4, settings, version="v1", name="b"),
        )

        taken = Taken(version="v1", tenant="t")
        assert 1 == rescore(results, variants, "default", taken=taken).rescored
        assert sha256(bytes([1])) == results.kept[-1].image_hash
        assert 1 == rescore(results, variants, "b").rescored
        assert "b" == results.kept[-1].work.variant

    def test_a_new_shadow_scores_what_another_variant_measured(self):
        """Without being returned."""
        settings = Settings(model="rules")
        shadow = Variant(
            name="next",
            settings=replace(settings, variant="next", uncertain_low=0.1),
            is_shadow=True,
        )
        variants = Variants(settings, [shadow])
        results = Results(analysed(1, settings), analysed(2, settings, is_shadow=True))

        counts = rescore(results, variants, "next", taken=Taken(variant="default"))

        assert 2 == counts.rescored
        found = results.under(variants.pipeline_version("next", "auto"))
        assert [("next", True)] * 2 == [(new.work.variant, new.is_shadow) for new in found]
        assert {"next"} == {report_of(new).variant for new in found}

    def test_each_policy_of_phases_keeps_its_own(self):
        """One picture may have been asked about in several ways."""
        variants = Variants(Settings(model="rules"))
        results = Results(
            *(analysed(1, Settings(model="rules", phases=p)) for p in ("lighting", "all", "auto"))
        )

        assert 3 == rescore(results, variants, "default").rescored
        for phases in ("lighting", "all", "auto"):
            (found,) = results.under(variants.pipeline_version("default", phases))
            assert phases == found.work.phases

    def test_progress_is_told_after_each(self):
        """With the counts so far."""
        settings = Settings(model="rules")
        results = Results(*(analysed(seed, settings) for seed in range(3)))
        told = []

        rescore(
            results,
            Variants(settings),
            "default",
            progress=lambda counts: told.append(counts.rescored),
        )

        assert [1, 2, 3] == told
