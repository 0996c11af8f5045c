"""The report: every number against a second computation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from studio_detector import Detector, Settings
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import measure_photos
from studio_detector.learning.report.rivals import best_threshold
from studio_detector.learning.shortcut import fit_shortcut, shortcut_facts
from studio_detector.learning.solver import probabilities

RESAMPLES = 60


@pytest.fixture(scope="module")
def truth(labelled_set, bright):
    """The judged photographs as the detector sees them, one by one."""
    photos = [
        p
        for p in read_dataset(labelled_set).split("test").decided().photos
        if p.name != "broken.png"
    ]
    detector = Detector(Settings(model="rules", phases="lighting"))
    lightness = [
        detector.analyse(p.path).measurements["background"].values["border_lightness"]
        for p in photos
    ]
    logit = 0.2 + np.interp(lightness, [40, 100], [-3, 3])
    return photos, np.array([p.label == "studio" for p in photos]), 1 / (1 + np.exp(-logit))


@pytest.fixture(scope="module")
def told(written_report):
    """What report.json says about the model."""
    return written_report[0]["models"][0]


def _even(studio):
    return np.where(studio, 0.5 / studio.sum(), 0.5 / (~studio).sum())


def _values(figures):
    return {figure["name"]: figure["value"] for figure in figures}


class TestNumbers:
    def test_counts(self, written_report, truth):
        """Photographs, labels, groups and failures."""
        judged = written_report[0]["judged"]

        photos, studio, _ = truth
        assert "test" == judged["split"]
        assert [len(photos), int(studio.sum()), int((~studio).sum())] == [
            judged[key] for key in ("photographs", "studio", "natural")
        ]
        assert 6 == judged["uncertain"]
        assert len({p.group for p in photos}) == judged["groups"]
        assert [("broken.png", "unsupported_format")] == [
            (one["name"], one["code"]) for one in judged["failed"]
        ]

    def test_figures_at_equal_prevalence(self, told, truth):
        """Against scikit-learn."""
        photos, studio, confidence = truth
        even, called = _even(studio), confidence > 0.5
        precision, recall, f1, _ = reference.precision_recall_fscore_support(
            studio, called, labels=[True, False], sample_weight=even
        )
        right = called == studio
        groups = np.array([p.group for p in photos])
        expected = {
            "AUC": reference.roc_auc_score(studio, confidence),
            "balanced accuracy": reference.balanced_accuracy_score(studio, called),
            "average precision": reference.average_precision_score(
                studio, confidence, sample_weight=even
            ),
            "studio precision": precision[0],
            "studio recall": recall[0],
            "studio F1": f1[0],
            "natural precision": precision[1],
            "natural recall": recall[1],
            "natural F1": f1[1],
            "Brier score": even @ (confidence - studio) ** 2,
            "log loss": reference.log_loss(studio, confidence, sample_weight=even),
            "accuracy, mean over groups": np.mean(
                [right[groups == group].mean() for group in set(groups)]
            ),
        }
        found = _values(told["figures"])
        calibration = found.pop("calibration error")
        assert expected == pytest.approx(found, abs=2e-6)
        assert calibration == pytest.approx(
            sum(b["weight"] * abs(b["confidence"] - b["studio"]) for b in told["reliability"]),
            abs=1e-5,
        )

    def test_intervals_come_from_drawing_whole_groups(self, told, truth):
        """Against photographs copied as often as their group was drawn."""
        photos, studio, confidence = truth
        order = list(dict.fromkeys(p.group for p in photos))
        draws = np.random.default_rng(0).multinomial(
            len(order), np.full(len(order), 1 / len(order)), RESAMPLES
        )
        found = []
        for draw in draws:
            times = [draw[order.index(p.group)] for p in photos]
            drawn = np.repeat(np.arange(len(photos)), times)
            found.append(reference.roc_auc_score(studio[drawn], confidence[drawn]))

        (figure,) = (f for f in told["figures"] if f["name"] == "AUC")
        assert np.percentile(found, [2.5, 97.5]) == pytest.approx(
            [figure["low"], figure["high"]], abs=2e-6
        )

    def test_reliability_bins_hold_every_photograph_once(self, told, truth):
        """In order, with means that can be counted by hand."""
        _, studio, confidence = truth
        even = _even(studio)

        bins = told["reliability"]
        assert len(studio) == sum(one["photographs"] for one in bins)
        for one in bins:
            inside = (confidence >= one["low"] - 1e-6) & (confidence <= one["high"] + 1e-6)
            assert int(inside.sum()) == one["photographs"]
            weights = even[inside] / even[inside].sum()
            assert weights @ confidence[inside] == pytest.approx(one["confidence"], abs=2e-6)
            assert weights @ studio[inside] == pytest.approx(one["studio"], abs=2e-6)
        assert sorted(bins, key=lambda one: one["low"]) == bins

    def test_abstaining(self, told, truth):
        """Coverage and accuracy outside the band, and the most that 98.5 % allow."""
        _, studio, confidence = truth
        even, right = _even(studio), (confidence > 0.5) == studio
        outside = (confidence < 0.2) | (confidence > 0.85)
        best = 0.0
        for certainty in np.abs(confidence - 0.5):
            sure = np.abs(confidence - 0.5) >= certainty
            if even[sure & ~right].sum() / even[sure].sum() <= 0.015:
                best = max(best, even[sure].sum())

        found = _values(told["abstention"])
        assert {
            "share that gets a verdict": even[outside].sum(),
            "accuracy of those verdicts": even[outside & right].sum() / even[outside].sum(),
            "share with a verdict at 98.5% accuracy": best,
        } == pytest.approx(found, abs=2e-6)
        last = told["risk_coverage"][-1]
        assert {"coverage": 1, "risk": even[~right].sum()} == pytest.approx(last, abs=2e-6)

    def test_groups_with_most_errors_come_first(self, told, truth):
        """Each with its own counts."""
        photos, studio, confidence = truth
        wrong = (confidence > 0.5) != studio
        inside = (confidence >= 0.2) & (confidence <= 0.85)
        rows = told["groups"]

        assert {p.group for p in photos} == {row["group"] for row in rows}
        for row in rows:
            member = np.array([p.group == row["group"] for p in photos])
            assert [int(member.sum()), int(studio[member].sum()), int(wrong[member].sum())] == [
                row[key] for key in ("photographs", "studio", "errors")
            ]
            assert 1 - wrong[member].mean() == pytest.approx(row["accuracy"], abs=2e-6)
            assert inside[member].mean() == pytest.approx(row["uncertain_share"], abs=2e-6)
        errors = [row["errors"] for row in rows]
        assert sorted(errors, reverse=True) == errors

    def test_slices(self, told, truth):
        """Every asked one and the standing ones, with their own figures and the probe's."""
        photos, studio, confidence = truth
        called = confidence > 0.5
        attributes = {
            "region": lambda p: p.region or "unknown",
            "make": lambda p: p.make or "unknown",
            "year": lambda p: p.year or "unknown",
            "group": lambda p: p.group,
            "genre": lambda p: p.genre,
            "hard": lambda p: "hard" if p.hard else "not hard",
        }
        seen = set()
        for row in told["slices"]:
            if row["key"] not in attributes:
                continue
            seen.add((row["key"], row["value"]))
            member = np.array([attributes[row["key"]](p) == row["value"] for p in photos])
            assert int(member.sum()) == row["photographs"] > 0
            assert int(studio[member].sum()) == row["studio"]
            assert len({p.group for p, m in zip(photos, member, strict=True) if m}) == row["groups"]
            accuracy = (called == studio)[member].mean()
            assert accuracy == pytest.approx(row["accuracy"]["value"], abs=2e-6)
            if 0 < row["studio"] < row["photographs"]:
                assert reference.roc_auc_score(studio[member], confidence[member]) == pytest.approx(
                    row["auc"]["value"], abs=2e-6
                )
                assert reference.balanced_accuracy_score(
                    studio[member], called[member]
                ) == pytest.approx(row["balanced_accuracy"]["value"], abs=2e-6)
            else:
                assert row["auc"]["value"] is None
        assert {(k, f(p)) for k, f in attributes.items() for p in photos} == seen
        assert {"border", "orientation"} <= {row["key"] for row in told["slices"]}

    def test_orientation_and_border_are_those_of_the_pictures(self, told, truth):
        """Upright by the file; white by the share of L* 96 and more along the edges."""
        photos, _, _ = truth
        detector = Detector(Settings(model="rules", phases="lighting"))
        reports = [detector.analyse(p.path) for p in photos]
        white = [r.measurements["background"].values["border_white_ratio"] > 0.5 for r in reports]
        upright = [r.original_rows_px > r.original_columns_px for r in reports]

        counts = {row["value"]: row["photographs"] for row in told["slices"]}
        assert sum(upright) == counts["upright"]
        assert len(photos) - sum(upright) == counts["not upright"]
        assert sum(white) == counts.get("white border", 0)

    def test_slices_with_too_few_are_marked_not_hidden(self, told):
        """They have counts and values, but no interval that would claim something."""
        few = [row for row in told["slices"] if row["too_few"]]
        enough = [row for row in told["slices"] if not row["too_few"]]

        assert few
        assert enough
        assert {None} == {row["accuracy"]["low"] for row in few}
        assert None not in {row["accuracy"]["low"] for row in enough}
        assert all(row["key"] != "group" for row in enough)

    def test_uncertain_pictures_are_looked_at_apart(self, told, labelled_set, truth):
        """Shares inside the band, distances from one half, and both histograms."""
        doubtful = read_dataset(labelled_set).where(lambda p: p.label == "uncertain").photos
        detector = Detector(Settings(model="rules", phases="lighting"))
        lightness = [
            detector.analyse(p.path).measurements["background"].values["border_lightness"]
            for p in doubtful
        ]
        confidence = 1 / (1 + np.exp(-0.2 - np.interp(lightness, [40, 100], [-3, 3])))
        decided = truth[2]

        doubt = told["doubt"]
        inside = (confidence >= 0.2) & (confidence <= 0.85)
        assert 6 == doubt["photographs"]
        assert inside.mean() == pytest.approx(doubt["inside_share"], abs=2e-6)
        assert np.median(np.abs(confidence - 0.5)) == pytest.approx(
            doubt["median_certainty"], abs=2e-6
        )
        assert np.median(np.abs(decided - 0.5)) == pytest.approx(
            doubt["decided_median_certainty"], abs=2e-6
        )
        for values, key in ((confidence, "histogram"), (decided, "decided_histogram")):
            expected = [0] * 10
            for value in values:
                expected[min(9, int(value * 10))] += 1
            assert expected == doubt[key]

    def test_the_worst_errors_are_the_surest_wrong_verdicts(self, told, truth):
        """With the evidence that misled the model."""
        photos, studio, confidence = truth
        wrong = [i for i in range(len(photos)) if (confidence[i] > 0.5) != studio[i]]
        wrong.sort(key=lambda i: (-round(abs(confidence[i] - 0.5), 12), photos[i].name))

        assert [photos[i].name for i in wrong[:24]] == [one["name"] for one in told["worst"]]
        for one in told["worst"]:
            (piece,) = one["evidence"]
            assert ("studio" if one["truth"] == "natural" else "natural") in piece["words"]
            assert piece["words"].startswith("Background: Median L* of the border")
            assert (piece["log_odds"] > 0) == (one["truth"] == "natural")
            assert "path" not in one

    def test_phases(self, told, truth):
        """Where both heads say the same, the lighting settles what is outside doubt."""
        _, studio, confidence = truth
        even = _even(studio)
        settled = (confidence < 0.3) | (confidence > 0.7)

        phases = _values(told["phases"])
        assert even[settled].sum() == pytest.approx(phases["settled by lighting"], abs=2e-6)
        assert _values(told["figures"])["AUC"] == phases["AUC of all phases"]


@pytest.fixture(scope="module")
def tables(labelled_set, report_cache):
    """Measured photographs and their truth, of train and of test."""
    found = []
    for split in ("train", "test"):
        photos = read_dataset(labelled_set).split(split).decided().photos
        table = measure_photos(photos, cache=report_cache, workers=1)
        kept = [p for p in photos if p.name not in table.failures]
        studio = np.array([p.label == "studio" for p in kept])
        found.append((kept, table.of([p.name for p in kept]), studio))
    return found


class TestRivals:
    def test_the_shortcut_probe_is_fitted_on_train(self, written_report, tables):
        """And stands beside every accuracy of the slices and groups."""
        (train, fitted_on, labels), (photos, judged, studio) = tables
        probe = fit_shortcut(fitted_on, labels, [p.group for p in train])
        confidence = probabilities(probe.logits(shortcut_facts(judged)))
        right = (confidence > 0.5) == studio

        rival, model = written_report[0]["rivals"][0], written_report[0]["models"][0]
        assert "the training split" == rival["fitted_on"]
        assert reference.roc_auc_score(studio, confidence) == pytest.approx(
            _values(rival["figures"])["AUC"], abs=2e-6
        )
        for row in model["groups"]:
            member = np.array([p.group == row["group"] for p in photos])
            assert right[member].mean() == pytest.approx(row["shortcut_accuracy"], abs=2e-6)
        for row in model["slices"]:
            if row["key"] == "year":
                member = np.array([(p.year or "unknown") == row["value"] for p in photos])
                assert right[member].mean() == pytest.approx(row["shortcut_accuracy"], abs=2e-6)

    @pytest.mark.parametrize(
        ("position", "measure", "sign"),
        [(1, "border_white_ratio", 1), (2, "border_gradient_middle", -1)],
    )
    def test_rules_of_thumb_have_their_threshold_from_train(
        self, written_report, tables, position, measure, sign
    ):
        """The one that is best there, whatever it does here."""
        (_, fitted_on, labels), (_, judged, studio) = tables
        values = sign * fitted_on.columns([f"background.{measure}"])[:, 0]
        best, threshold = -1.0, None
        for one, two in zip(np.unique(values)[:-1], np.unique(values)[1:], strict=True):
            score = reference.balanced_accuracy_score(labels, values > (one + two) / 2)
            if score > best + 1e-12:
                best, threshold = score, (one + two) / 2
        called = sign * judged.columns([f"background.{measure}"])[:, 0] > threshold

        found = _values(written_report[0]["rivals"][position]["figures"])
        assert reference.balanced_accuracy_score(studio, called) == pytest.approx(
            found["balanced accuracy"], abs=2e-6
        )
        assert "AUC" not in found

    def test_a_measure_of_one_value_calls_nothing_studio(self):
        """Rather than everything."""
        assert 3.0 == best_threshold(np.array([3.0, np.nan, 3.0]), np.array([True, False, True]))

    def test_the_rules_run_too(self, written_report):
        """Unless they were asked for themselves."""
        assert ["bright@1", "rules@1"] == [
            model["model"].partition("+")[0] for model in written_report[0]["models"]
        ]
