"""Rescoring on the real stores: what they do to JSON and to keys changes no bit of evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kept_pictures import picture, sha256
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.outcome import new_result, new_row, report_of, row_of
from studio_detector.service.records import ResultFilter, Work
from studio_detector.service.rescore import rescore
from studio_detector.service.variants import Variants

WANTS_ALL = {"doubt_low": 0.0, "doubt_high": 1.0}


class RescoreContract:
    """Every store must pass these."""

    @pytest.fixture
    def results(self, url, opened):
        return opened(url).results

    @staticmethod
    def analysed(seed, settings, version, **more):
        """A report and its result, as after a full analysis."""
        detector = Detector(settings)
        report = replace(detector.analyse(picture(seed)), sha256=sha256(bytes([seed])))
        row = new_row(
            report, detector, measured_on=basis(settings), perceptual_hash=("0f" * 32, 99)
        )
        work = Work(variant="default", pipeline_version=version, phases="auto")
        return report, new_result(row, tenant="t", work=work, **more)

    def test_a_stored_report_comes_back_bit_for_bit(self, results):
        """Though PostgreSQL has an order of keys of its own."""
        report, new = self.analysed(1, Settings(**WANTS_ALL), "old")
        specs = [analysis.SPEC for analysis in Detector().registry]

        stored = results.get("t", results.add(new).id)

        again = report_of(stored, specs=specs)
        # Not as text: the numbers of PostgreSQL's JSON have no negative zero.
        assert report.to_dict(verbose=True) == again.to_dict(verbose=True)
        assert report.evidence == again.evidence
        for name, before in report.measurements.items():
            assert list(before.values) == list(again.measurements[name].values)
        assert list(report.measurements) == list(again.measurements)
        assert row_of(new) == row_of(stored)

    def test_new_verdicts_are_those_of_full_analyses(self, results):
        """Under the version of today, shadows staying shadows, once each."""
        settings = Settings(model="rules", **WANTS_ALL)
        variants = Variants(settings)
        version = variants.pipeline_version("default", "auto")
        for seed in range(3):
            _, old = self.analysed(seed, Settings(**WANTS_ALL), "old", is_shadow=seed == 1)
            results.add(old)

        counts = [rescore(results, variants, "default") for _ in range(2)]

        assert [(3, 0), (0, 3)] == [(found.rescored, found.current) for found in counts]
        found = [
            result
            for result in results.iterate("t", ResultFilter(variant="default"))
            if result.work.pipeline_version == version
        ]
        assert [False, True, False] == [result.is_shadow for result in found]
        for seed, result in enumerate(found):
            report, _ = self.analysed(seed, settings, version)
            again = report_of(result)
            assert report.to_dict(verbose=True, timing=False) == again.to_dict(
                verbose=True, timing=False
            )
            assert (report.evidence, report.confidence) == (again.evidence, again.confidence)


class TestSqliteRescore(RescoreContract):
    @pytest.fixture
    def url(self, laid_sqlite_url):
        return laid_sqlite_url


@pytest.mark.services
class TestPostgresRescore(RescoreContract):
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url
