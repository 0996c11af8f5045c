"""Which of two models is better, or that nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

import labelled_folder
from studio_detector.decision.shipped import load_model
from studio_detector.errors import ConfigError
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.paired import compare, compare_models

NAMES = ("one@1+aaa", "two@1+bbb")
BANDS = ((0.4, 0.6), (0.45, 0.55))


@pytest.fixture(scope="module")
def data():
    """Truth, groups, and confidences of a poor and a good model."""
    rng = np.random.default_rng(4)
    studio = rng.random(400) < 0.4
    groups = [f"g{index % 40}" for index in range(400)]

    def confidence(strength):
        logit = strength * np.where(studio, 1, -1) + rng.normal(0, 1.5, 400)
        return 1 / (1 + np.exp(-logit))

    return studio, groups, confidence(0.7), confidence(2.5)


def _compare(studio, a, b, groups, **options):
    return compare(studio, a, b, groups, names=NAMES, bands=BANDS, resamples=300, **options)


def test_a_model_against_itself_cannot_be_told(data):
    studio, groups, poor, _ = data

    found = _compare(studio, poor, poor, groups)

    assert "cannot tell" == found.winner
    assert "The data cannot tell" in found.verdict()
    assert {0.0} == {one.difference for one in found.differences}
    assert 0 == found.only_a_right + found.only_b_right


def test_a_clear_winner_is_named_on_either_side(data):
    studio, groups, poor, good = data

    found = _compare(studio, poor, good, groups)
    turned = _compare(studio, good, poor, groups)

    assert ("b", "a") == (found.winner, turned.winner)
    assert found.verdict().startswith("B (two@1+bbb) is better than one@1+aaa: better AUC")
    assert turned.verdict().startswith("A (one@1+aaa) is better than two@1+bbb")
    assert found.verdict().rstrip(".") in found.text()


def test_noise_is_not_deployed(data):
    """A model with other mistakes of the same kind is not better, whichever has fewer."""
    studio, groups, poor, _ = data
    rng = np.random.default_rng(8)
    other = np.clip(poor + rng.normal(0, 0.02, poor.size), 0.001, 0.999)

    assert "cannot tell" == _compare(studio, poor, other, groups).winner


def test_too_much_confidence_alone_makes_a_model_worse(data):
    """Equal ranking and verdicts, but one of them is far too sure: only the log loss tells."""
    studio, groups, poor, _ = data
    sure = 1 / (1 + np.exp(-8 * np.log(poor / (1 - poor))))

    found = _compare(studio, poor, sure, groups)

    assert "a" == found.winner
    assert ["log loss"] == [one.name for one in found.differences if one.better]
    assert 0 == found.only_a_right + found.only_b_right


def test_mixed_outcomes_name_both_sides(data):
    """One ranks better, the other is better calibrated."""
    studio, groups, poor, good = data
    ranks = 0.001 + 0.05 * good  # in perfect order, and always far too low

    found = _compare(studio, poor, ranks, groups)

    assert "mixed" == found.winner
    better = {one.name: one.better for one in found.differences}
    assert ("b", "a") == (better["AUC"], better["log loss"])
    assert "B (two@1+bbb) has the better AUC" in found.verdict()


def test_few_groups_decide_nothing(data):
    """However large the difference: a bootstrap over them would repeat itself."""
    studio, _, poor, good = data
    groups = [index % 9 for index in range(studio.size)]

    found = _compare(studio, poor, good, groups)

    assert "cannot tell" == found.winner
    assert "9 groups are too few" in found.verdict()
    assert {None} == {one.low for one in found.differences}


def test_every_number_by_a_second_way(data):
    """Figures by scikit-learn; the interval by copying photographs as often as drawn."""
    studio, groups, poor, good = data
    even = np.where(studio, 0.5 / studio.sum(), 0.5 / (~studio).sum())
    found = _compare(studio, poor, good, groups)
    auc, balanced, loss, risk = found.differences

    assert reference.roc_auc_score(studio, poor) == pytest.approx(auc.a)
    assert reference.roc_auc_score(studio, good) == pytest.approx(auc.b)
    assert reference.balanced_accuracy_score(studio, good > 0.5) == pytest.approx(balanced.b)
    assert reference.log_loss(studio, poor, sample_weight=even) == pytest.approx(loss.a)

    outside = [
        even[(c < low) | (c > high)].sum()
        for c, (low, high) in zip((poor, good), BANDS, strict=True)
    ]
    assert min(outside) == pytest.approx(found.coverage)
    for value, confidence in ((risk.a, poor), (risk.b, good)):
        order = np.argsort(-np.abs(confidence - 0.5))
        reached = np.searchsorted(np.cumsum(even[order]), found.coverage - 1e-9)
        taken = order[: reached + 1]
        wrong = (confidence[taken] > 0.5) != studio[taken]
        assert even[taken][wrong].sum() / even[taken].sum() == pytest.approx(value)

    order = list(dict.fromkeys(groups))
    draws = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), 300)
    differences = []
    for draw in draws:
        rows = np.repeat(np.arange(studio.size), [draw[order.index(g)] for g in groups])
        differences.append(
            reference.roc_auc_score(studio[rows], good[rows])
            - reference.roc_auc_score(studio[rows], poor[rows])
        )
    tail = 100 * 0.05 / 4 / 2
    assert np.percentile(differences, [tail, 100 - tail]) == pytest.approx([auc.low, auc.high])

    right = [(c > 0.5) == studio for c in (poor, good)]
    assert int((right[0] & ~right[1]).sum()) == found.only_a_right
    assert int((right[1] & ~right[0]).sum()) == found.only_b_right


def test_models_are_judged_on_the_split_named(tmp_path):
    """And a set without a picture that can be read is an error."""
    labelled_folder.make_folders(tmp_path, groups=3)
    rules = load_model("rules")

    found = compare_models(rules, rules, read_dataset(tmp_path), cache=None, workers=1)
    assert (12, 3) == (found.photographs, found.groups)
    assert "cannot tell" == found.winner
    with pytest.raises(ConfigError, match="no photographs in the split 'test'"):
        compare_models(rules, rules, read_dataset(tmp_path), split="test", cache=None, workers=1)
