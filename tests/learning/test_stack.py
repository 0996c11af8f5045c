"""Stacking the network and the cues into one additive model."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from learning.synthetic_examples import synthetic
from studio_detector.decision import model_file
from studio_detector.errors import ConfigError
from studio_detector.learning.fit import FitOptions
from studio_detector.learning.repeated import read_repeats, repeated_figures, summary
from studio_detector.learning.splits import grouped_folds
from studio_detector.learning.stack import NETWORK_KEY, read_out_of_fold, stack
from studio_detector.learning.train import TrainingPlan, train


@pytest.fixture(scope="module")
def examples():
    return synthetic(600, groups=30)


@pytest.fixture(scope="module")
def cues(examples):
    plan = TrainingPlan(folds=3, repeats=1, grid=(FitOptions(),))
    return train(examples.photos, examples.table, examples.registry, plan=plan)


def write_out_of_fold(path, examples, logits):
    folds = grouped_folds(examples.groups, examples.studio.tolist(), folds=3, seed=5)
    fold_of = np.empty(len(logits), dtype=int)
    for number, fold in enumerate(folds):
        fold_of[fold.held_out] = number
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "group", "label", "fold", "logit"])
        for photo, number, logit in zip(examples.photos, fold_of, logits, strict=True):
            writer.writerow([photo.name, photo.group, photo.label, number, f"{logit:.5f}"])
    return read_out_of_fold(path, [photo.name for photo in examples.photos])


@pytest.fixture(scope="module")
def knowing(examples, tmp_path_factory):
    """A network that knows the truth quite well, and nothing the cues know."""
    rng = np.random.default_rng(11)
    logits = np.where(examples.studio, 1.5, -1.5) + rng.normal(0, 1.5, len(examples.studio))
    return write_out_of_fold(tmp_path_factory.mktemp("oof") / "oof.csv", examples, logits)


def network_slope(model):
    (shape,) = [s for s in model.lighting.shapes if s.measure == NETWORK_KEY]
    return shape.log_odds[-1] / shape.knots[-1]


def test_the_stack_is_better_than_either_alone(examples, cues, knowing):
    """Two witnesses that err apart are worth more together."""
    model = stack(cues, examples.photos, examples.table, examples.registry, knowing)
    together = model.card["cross_validation"]["auto"]["log loss"]

    assert together < cues.card["cross_validation"]["auto"]["log loss"] - 0.05
    assert network_slope(model) > 0.3


def test_a_network_that_knows_nothing_gets_no_say(examples, cues, tmp_path):
    """Its weight is found by regression, not given."""
    rng = np.random.default_rng(12)
    guess = write_out_of_fold(tmp_path / "oof.csv", examples, rng.normal(0, 2, 600))

    model = stack(cues, examples.photos, examples.table, examples.registry, guess)

    assert abs(network_slope(model)) < 0.15


def test_the_cues_keep_their_shapes_and_share_one_weight(examples, cues, knowing):
    """The stacked model stays as readable as the cues' own."""
    model = stack(cues, examples.photos, examples.table, examples.registry, knowing)
    weight = model.card["heads"]["lighting"]["cues"]
    own = {s.measure: s for s in cues.lighting.shapes}

    for shape in model.lighting.shapes:
        if shape.measure != NETWORK_KEY:
            assert own[shape.measure].knots == shape.knots
            expected = [weight * value for value in own[shape.measure].log_odds]
            assert expected == pytest.approx(list(shape.log_odds), abs=1e-3)


def test_two_stacks_are_the_same_file(examples, cues, knowing):
    """To the last byte, through the file and back."""
    first, second = (
        stack(cues, examples.photos, examples.table, examples.registry, knowing) for _ in range(2)
    )
    text = model_file.dumps(first)

    assert text == model_file.dumps(second)
    assert first == replace(model_file.loads(text, source="x"), card=first.card)


def test_a_picture_without_an_out_of_fold_logit_is_named(tmp_path):
    """Half a stack would be calibrated on the wrong pictures."""
    path = tmp_path / "oof.csv"
    path.write_text("file,group,label,fold,logit\na.jpg,g,studio,0,1.0\n")

    with pytest.raises(ConfigError, match=r"'b\.jpg'"):
        read_out_of_fold(path, ["a.jpg", "b.jpg"])


def test_every_division_is_judged_and_summed_up(examples, cues, knowing, tmp_path):
    """The same logits twice give the same figures twice; the stack beats the network in each."""
    path = tmp_path / "repeats.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "fold_1", "logit_1", "fold_2", "logit_2"])
        for photo, fold, logit in zip(examples.photos, knowing.folds, knowing.logits, strict=True):
            writer.writerow([photo.name, fold, logit, fold, logit])
    divisions = read_repeats(path, [photo.name for photo in examples.photos])

    figures = list(
        repeated_figures(cues, examples.photos, examples.table, examples.registry, divisions)
    )
    summed = summary(figures)

    assert figures[0] == figures[1]
    assert figures[0]["full"]["AUC"] > figures[0]["network"]["AUC"]
    assert summed["repeats"] == 2
    assert summed["full"]["AUC"]["mean"] == figures[0]["full"]["AUC"]


def test_a_table_of_repeats_that_lacks_a_picture_is_refused(tmp_path):
    """With the name of one of them."""
    path = tmp_path / "repeats.csv"
    path.write_text("file,fold_1,logit_1\na.jpg,0,1.5\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"b\.jpg"):
        read_repeats(path, ["a.jpg", "b.jpg"])
