"""The seed's recipe, as we wrote it down, does what its description says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import synthetic_scenes
from benchmarks.candidates.seed import combine, decode, detail, in_doubt, lighting


def small(name):
    """A sample scene as BGR at a size at which the recipe takes milliseconds."""
    rgb = cv2.resize(synthetic_scenes.sample(name), (80, 60), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)


@pytest.fixture(scope="module")
def scores():
    """Scene -> its lighting and detail scores."""
    names = ("one_soft_light", "packshot", "overcast_wood", "hard_sun")
    return {name: (lighting.score(small(name)), detail.score(small(name))) for name in names}


def test_scores_lie_between_nought_and_one(scores):
    assert all(0 <= value <= 1 for pair in scores.values() for value in pair)


def test_a_ball_under_a_softbox_is_more_studio_like_than_a_wood(scores):
    for index in (0, 1):
        assert scores["one_soft_light"][index] > scores["overcast_wood"][index]


def test_the_variance_of_a_window_is_what_it_says():
    rows, columns = np.indices((40, 40))
    plane = (rows * columns % 17).astype(np.float64)
    half = lighting.NEIGHBOURHOOD_PX // 2

    found = lighting.window_variance(plane)

    assert plane[20 - half : 20 + half, 20 - half : 20 + half].var() == pytest.approx(found[20, 20])


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_has_finite_scores(level):
    flat = np.full((48, 64, 3), level, np.uint8)

    assert 0 <= lighting.score(flat) <= 1
    assert 0 <= detail.score(flat) <= 1


def test_detail_counts_for_two_fifths_in_doubt():
    assert combine(1.0, 0.0) == pytest.approx(0.6)
    assert [False, True, True, False] == [in_doubt(score) for score in (0.29, 0.3, 0.7, 0.71)]


def test_large_pictures_are_reduced_to_512_px():
    _, encoded = cv2.imencode(".jpg", np.zeros((600, 800, 3), np.uint8))

    assert (384, 512, 3) == decode(encoded.tobytes()).shape
