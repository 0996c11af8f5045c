"""New models from users' own pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import labelled_folder
from learning.synthetic_examples import synthetic
from studio_detector.decision import model_file
from studio_detector.decision.calibration import Calibration
from studio_detector.errors import ConfigError, ModelError
from studio_detector.learning import metrics, variants
from studio_detector.learning.dataset import Dataset, read_dataset
from studio_detector.learning.fit import FitOptions
from studio_detector.learning.judged import Labelled
from studio_detector.learning.model_card import model_card
from studio_detector.learning.predict import predict
from studio_detector.learning.recalibrate import recalibrate
from studio_detector.learning.train import TrainingPlan, train
from studio_detector.learning.users import users_pictures
from studio_detector.learning.variants import Measuring, check_name, recalibrated, refitted

PLAN = TrainingPlan(name="custom", folds=3, repeats=1, grid=(FitOptions(shrinkage=1.0),))


@pytest.fixture(scope="module")
def data():
    return synthetic(600, groups=30)


@pytest.fixture(scope="module")
def model(data):
    return train(data.photos, data.table, data.registry, plan=PLAN)


@pytest.fixture
def measured(monkeypatch, data):
    """Photographs whose numbers are known: `synthetic` in place of the measuring."""

    def measure(photos, **_):
        table = data.table.of([photo.name.split("/")[-1] for photo in photos])
        return replace(table, names=tuple(photo.name for photo in photos))

    monkeypatch.setattr(variants, "measure_photos", measure)
    monkeypatch.setattr(variants, "built_in_registry", lambda: data.registry)


def _specs(data):
    return [analysis.SPEC for analysis in data.registry]


class TestUsersPictures:
    def test_names_and_groups_of_folders_are_kept_apart(self, tmp_path):
        """Both have an "anna", who is not the same person."""
        one, two = (labelled_folder.make_folders(tmp_path / name, groups=2) for name in "ab")
        # Other pictures, or they would be the very same files.
        for seed, path in enumerate(sorted(two.rglob("*.png"))):
            labelled_folder.draw(path, studio=True, seed=seed)

        added = users_pictures([read_dataset(one), read_dataset(two)], None)

        groups = {photo.group for photo in added.dataset.photos}
        assert {"extra1/anna0", "extra1/anna1", "extra2/anna0", "extra2/anna1"} == groups
        names = [photo.name for photo in added.dataset.photos]
        assert sorted(set(names)) == names
        assert names[0].startswith("extra1/")

    def test_files_of_the_set_are_left_out_whatever_their_split(self, tmp_path):
        """A picture of the test split under another name must not be fitted on."""
        base = labelled_folder.make_table(tmp_path / "base")
        mine = labelled_folder.make_folders(tmp_path / "mine", groups=2)
        (mine / "studio" / "copy.png").write_bytes((base / "test/00.png").read_bytes())
        (mine / "studio" / "again.png").write_bytes((base / "train/00.png").read_bytes())

        added = users_pictures([read_dataset(mine)], read_dataset(base))

        assert {"studio/copy.png", "studio/again.png"} == set(added.known)
        assert 8 == len(added.dataset.photos)

    def test_doubtful_ones_and_other_splits_are_left_out(self, tmp_path):
        """They are kept for judging, and counted."""
        base = labelled_folder.make_table(tmp_path)

        added = users_pictures([read_dataset(base)], None)

        assert {"train"} == {photo.split for photo in added.dataset.photos}
        assert 36 == len(added.dataset.photos)
        assert 48 + 3 + 4 + 6 + 1 == added.other_splits


@pytest.mark.usefixtures("measured")
class TestRefitted:
    @pytest.fixture
    def sets(self, data):
        """A training set and a user's set, by group."""
        mine = [int(photo.group[1:]) < 10 for photo in data.photos]
        return (
            Dataset(tuple(p for p, own in zip(data.photos, mine, strict=True) if not own)),
            Dataset(tuple(p for p, own in zip(data.photos, mine, strict=True) if own)),
        )

    def test_without_extras_it_is_the_plain_fit_to_the_last_byte(self, sets, data):
        base, _ = sets
        expected = train(
            base.photos, data.table.of([p.name for p in base.photos]), data.registry, plan=PLAN
        )

        found = refitted(base, [], plan=PLAN, measuring=Measuring())

        assert model_file.dumps(expected) == model_file.dumps(found.model)

    def test_extra_pictures_change_the_model_and_are_told(self, sets):
        base, mine = sets

        plain = refitted(base, [], plan=PLAN, measuring=Measuring()).model
        more = refitted(base, [mine], plan=PLAN, measuring=Measuring()).model

        assert plain.full.shapes != more.full.shapes
        assert plain.digest != more.digest
        assert "custom" == more.name
        assert len(base.photos) + len(mine.photos) == more.card["training_set"]["photographs"]
        studio = sum(photo.label == "studio" for photo in mine.photos)
        assert {
            "photographs": len(mine.photos),
            "studio": studio,
            "natural": len(mine.photos) - studio,
            "groups": 10,
        } == more.card["extra"]
        assert more == model_file.loads(model_file.dumps(more), source="x")

    def test_only_the_training_split_is_fitted_on(self, sets):
        base, _ = sets
        test = tuple(replace(p, split="test") if int(p.group[1:]) >= 20 else p for p in base.photos)

        found = refitted(Dataset(test), [], plan=PLAN, measuring=Measuring())

        kept = sum(photo.split == "train" for photo in test)
        assert 0 < kept == found.model.card["training_set"]["photographs"] < len(test)

    def test_folders_without_a_usable_picture_are_an_error(self, sets):
        base, mine = sets
        useless = Dataset(tuple(replace(photo, label="uncertain") for photo in mine.photos))

        with pytest.raises(ConfigError, match="labelled uncertain"):
            refitted(base, [useless], plan=PLAN, measuring=Measuring())


class TestRecalibrated:
    @pytest.fixture
    def judged(self, data):
        return Labelled.of(data.photos, data.table)

    @pytest.fixture
    def boasting(self, model):
        """The same shapes, four times as sure as they may be."""
        heads = {
            name: replace(getattr(model, name), calibration=Calibration((-8.0, 8.0), (-32.0, 32.0)))
            for name in ("lighting", "full")
        }
        return model_file.sealed(replace(model, **heads))

    def test_shapes_stay_and_confidences_become_honest(self, boasting, judged, data):
        found = recalibrate(boasting, judged, _specs(data), name="custom")

        assert boasting.full.shapes == found.full.shapes
        assert boasting.lighting.shapes == found.lighting.shapes
        assert boasting.full.intercept == found.full.intercept
        new = synthetic(900, seed=50)
        before, after = (predict(m, new.table, _specs(data)).full for m in (boasting, found))
        assert metrics.calibration_error(new.studio, before) > 0.08
        assert metrics.calibration_error(new.studio, after) < 0.05
        assert metrics.auc(new.studio, before) == pytest.approx(metrics.auc(new.studio, after))

    def test_the_band_is_chosen_anew_and_everything_is_told(self, boasting, judged, data):
        found = recalibrate(boasting, judged, _specs(data), name="custom")

        assert (found.uncertain_low, found.uncertain_high) != (0.5, 0.5)
        assert found.uncertain_low == pytest.approx(1 - found.uncertain_high)
        assert boasting.identity == found.card["shapes_of"]
        assert 600 == found.card["calibration_set"]["photographs"]
        assert "1-recalibrated" == found.version
        assert boasting.digest != found.digest
        assert found == model_file.loads(model_file.dumps(found), source="x")

    def test_too_few_pictures_or_groups_are_refused(self, model, data):
        few = [p for p in data.photos if p.group in {"g0", "g1", "g2", "g3"}]

        with pytest.raises(ConfigError, match="of 4 groups are too few"):
            recalibrate(model, Labelled.of(few, data.table), _specs(data), name="custom")

    def test_pictures_on_which_the_evidence_points_the_wrong_way_are_refused(self, model, data):
        turned = [
            replace(p, label="natural" if p.label == "studio" else "studio") for p in data.photos
        ]

        with pytest.raises(ModelError, match="wrong way"):
            recalibrate(model, Labelled.of(turned, data.table), _specs(data), name="custom")

    @pytest.mark.usefixtures("measured")
    def test_users_folders_are_measured_and_joined(self, model, data):
        half = len(data.photos) // 2
        sets = [Dataset(data.photos[:half]), Dataset(data.photos[half:])]

        found = recalibrated(model, sets, name="custom", measuring=Measuring())

        assert 600 == found.model.card["calibration_set"]["photographs"]
        assert 60 == found.model.card["calibration_set"]["groups"]


def test_a_name_no_model_may_have_is_refused_before_the_fit():
    check_name("mine-2")
    with pytest.raises(ModelError, match="lower-case"):
        check_name("Mine!")


class TestModelCard:
    def test_it_says_what_the_file_says(self, model, data):
        """Counts, choices and figures; equal models give equal cards."""
        text = model_card(model, _specs(data))

        assert text == model_card(model, _specs(data))
        assert f"`{model.identity}`" in text
        facts = model.card["training_set"]
        row = f"| {facts['photographs']} | {facts['studio']} | {facts['natural']} | 30 |"
        assert row in text
        auc = model.card["cross_validation"]["auto"]["AUC"]
        assert f"{auc:.3f}" in text
        for heading in ("Data", "How it was made", "Figures", "Intended use", "Limits"):
            assert f"\n## {heading}\n" in text

    def test_measures_are_ordered_by_how_far_they_move_the_verdict(self, model):
        text = model_card(model)

        part = text.partition("Head `full` (")[2]
        named = [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")]
        ranges = {s.measure: np.ptp(s.log_odds) for s in model.full.shapes}
        assert sorted(ranges, key=lambda key: -ranges[key])[: len(named)] == named

    def test_a_recalibrated_model_tells_both_sets(self, model, data):
        found = recalibrate(
            model, Labelled.of(data.photos, data.table), _specs(data), name="custom"
        )

        text = model_card(found)
        assert f"Shapes of `{model.identity}`, calibrated anew." in text
        assert "| shapes | 600 |" in text
        assert "| calibration | 600 |" in text

    def test_rules_without_a_fit_have_a_card_too(self):
        """Nothing is made up where nothing was measured."""
        text = model_card(variants.rules.build())

        assert "Nothing was fitted" in text
        assert "None are part of the model file" in text
