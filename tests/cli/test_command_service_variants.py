"""Variants of a service from the command line: listed, compared, and judged anew."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kept_pictures import picture, sha256
from service.store.store_examples import SHADOW_WORK, new_result
from studio_detector.errors import EXIT_OK, EXIT_USAGE
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.outcome import new_result as result_of_row
from studio_detector.service.children.outcome import new_row
from studio_detector.service.parts import open_store_of
from studio_detector.service.records import ResultFilter, Work
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.variants import Variants

FILE = """
[warm]
share = 0.125
[warm.settings]
doubt_high = 0.9

[next]
shadow = true
"""
RULES = Settings(model="rules")


@pytest.fixture
def store(tmp_path):
    store = open_store_of(ServiceSettings(), tmp_path / "data")
    yield store
    store.close()


@pytest.fixture
def variants_file(tmp_path):
    path = tmp_path / "variants.toml"
    path.write_text(FILE)
    return path


@pytest.fixture(scope="module")
def measured():
    """The rows of full analyses by seed, and last the row of one by its light alone."""

    def row(seed, phases):
        settings = replace(RULES, phases=phases)
        detector = Detector(settings)
        report = replace(detector.analyse(picture(seed)), sha256=sha256(bytes([seed])))
        return new_row(
            report, detector, measured_on=basis(settings), perceptual_hash=("0f" * 32, 90)
        )

    return [*(row(seed, "all") for seed in range(3)), row(3, "lighting")]


@pytest.fixture(autouse=True)
def real_detector(run, monkeypatch):
    """Instead of the one that `run` puts in its place."""
    monkeypatch.setattr("studio_detector.pipeline.detector.Detector", Detector)


class TestList:
    def test_the_default_takes_the_rest(self, run, variants_file):
        """Role, share, model and version of each, in the order of the file."""
        result = run("variants", "list", "--variants", variants_file, "--model", "rules")

        assert EXIT_OK == result.exit_code
        _, default, warm, shade = result.stdout.splitlines()
        version = Variants(RULES).pipeline_version("default", "auto")
        assert ["default", "answers", "the", "rest", "rules", version] == default.split()
        assert ["warm", "answers", "12.5%", "rules"] == warm.split()[:4]
        assert ["next", "shadow", "100.0%", "rules", version] == shade.split()
        assert version != warm.split()[-1]

    def test_without_a_file_there_is_one(self, run):
        """The service's own settings."""
        result = run("variants", "list", "--model", "rules", "--set", "variant=mine")

        assert "mine" == result.stdout.splitlines()[1].split()[0]
        assert 2 == len(result.stdout.splitlines())

    def test_a_file_that_does_not_fit_is_a_wrong_setting(self, run, variants_file):
        """With the name of the variant."""
        variants_file.write_text("[warm]\nshare = 2\n")

        result = run("variants", "list", "--variants", variants_file)

        assert EXIT_USAGE == result.exit_code
        assert "variant 'warm': share is 2" in result.stderr

    def test_nothing_is_made_for_it(self, run, variants_file, tmp_path):
        """It only looks at settings."""
        run("variants", "list", "--variants", variants_file, "--data-dir", tmp_path / "data")

        assert not (tmp_path / "data").exists()


class TestCompare:
    @pytest.fixture
    def judged(self, store):
        """Two variants on three pictures: of one mind twice."""
        for n, (first, second) in enumerate([(0.9, 0.875), (0.1, 0.1), (0.75, 0.125)]):
            for confidence, changes in (
                (first, {}),
                (second, {"work": SHADOW_WORK, "is_shadow": True}),
            ):
                label = "studio" if confidence > 0.5 else "natural"
                store.results.add(
                    new_result(
                        n,
                        confidence=confidence,
                        is_studio=confidence > 0.5,
                        label=label,
                        **changes,
                    )
                )
        return store

    @pytest.fixture
    def compare(self, run, tmp_path):
        def compare(*words):
            return run("variants", "compare", *words, "--data-dir", tmp_path / "data")

        return compare

    @pytest.mark.usefixtures("judged")
    def test_the_report_names_where_they_disagree(self, compare):
        """In words for people."""
        result = compare("main", "rival")

        assert EXIT_OK == result.exit_code
        assert "main and rival have both judged 3 pictures" in result.stdout
        assert "same label            66.7%" in result.stdout
        assert "main studio 0.750, rival natural 0.125" in result.stdout

    @pytest.mark.usefixtures("judged")
    def test_as_json_it_is_for_programs(self, compare):
        """In the order the variants are named."""
        report = json.loads(compare("rival", "main", "--format", "json").stdout)

        assert (["rival", "main"], 3, 1) == (
            report["variants"],
            report["pictures"],
            report["labels_differ"],
        )
        assert [0.125, 0.75] == report["worst"][0]["confidences"]

    @pytest.mark.usefixtures("judged")
    def test_none_of_the_pairs_need_be_shown(self, compare):
        """The counts stay."""
        report = json.loads(compare("main", "rival", "--worst", "0", "--format", "json").stdout)

        assert (1, []) == (report["labels_differ"], report["worst"])

    @pytest.mark.usefixtures("store")
    def test_two_that_share_no_picture_have_nothing_to_compare(self, compare):
        """Known or not."""
        result = compare("main", "nobody")

        assert (EXIT_OK, "main and nobody have judged no picture both\n") == (
            result.exit_code,
            result.stdout,
        )

    def test_both_are_named(self, compare):
        """One alone has nothing to disagree with."""
        assert EXIT_USAGE == compare("main").exit_code


class TestRescore:
    @pytest.fixture
    def rescore(self, run, tmp_path):
        def rescore(*words):
            return run("rescore", "--data-dir", tmp_path / "data", "--model", "rules", *words)

        return rescore

    @pytest.fixture
    def keep(self, store, measured):
        """Store results of earlier analyses."""

        def keep(*seeds, tenant="default", version="0.0+old", variant="default", phases="auto"):
            work = Work(variant=variant, pipeline_version=version, phases=phases)
            for seed in seeds:
                store.results.add(result_of_row(measured[seed], tenant=tenant, work=work))

        return keep

    def test_kept_measurements_are_judged_anew(self, rescore, keep, store):
        """Beside the old results; a second time there is nothing left to do."""
        keep(0, 1, 2)

        first, again = rescore(), rescore()

        assert (EXIT_OK, EXIT_OK) == (first.exit_code, again.exit_code)
        assert first.stdout.startswith("3 pictures judged anew, 0 with another label; 0 had")
        assert again.stdout.startswith("0 pictures judged anew, 0 with another label; 3 had")
        version = Variants(RULES).pipeline_version("default", "auto")
        versions = [r.work.pipeline_version for r in store.results.find("default").items]
        assert [version] * 3 + ["0.0+old"] * 3 == sorted(versions, reverse=True)

    def test_another_variant_takes_the_measurements_of_the_first(
        self, rescore, keep, store, variants_file
    ):
        """So that it can be compared without an analysis."""
        keep(0, 1)

        result = rescore(
            *("--variants", variants_file, "--variant", "warm", "--from-variant", "default"),
            *("--format", "json"),
        )

        assert 2 == json.loads(result.stdout)["rescored"]
        warm = store.results.find("default", ResultFilter(variant="warm")).items
        assert {sha256(bytes([seed])) for seed in (0, 1)} == {found.image_hash for found in warm}

    def test_what_must_be_decoded_again_is_counted_by_reason(self, rescore, keep):
        """What is asked for was not measured then."""
        keep(0, 3, phases="all")

        counts = json.loads(rescore("--phases", "all", "--format", "json").stdout)
        text = rescore("--phases", "all").stdout

        assert (1, 0) == (counts["rescored"], counts["current"])
        ((reason, count),) = counts["must_decode"].items()
        assert 1 == count
        assert text.startswith("0 pictures judged anew")
        assert text.endswith(f"1 picture must be decoded again ({reason})\n")

    def test_by_tenant_by_version_and_at_most(self, rescore, keep):
        """Those of others stay as they are."""
        keep(0, 1, 2)
        keep(0, 1, tenant="other", version="0.0+older")

        assert rescore("--tenant", "nobody").stdout.startswith("0 pictures judged anew")
        assert rescore("--limit", "1").stdout.startswith("1 picture judged anew")
        assert rescore("--from-version", "0.0+older").stdout.startswith("2 pictures judged anew")

    def test_an_unknown_variant_is_a_mistake_in_the_command(self, rescore, keep):
        """The known ones are named."""
        keep(0)

        result = rescore("--variant", "nowhere")

        assert EXIT_USAGE == result.exit_code
        assert "there is no variant 'nowhere'; known: default" in result.stderr
