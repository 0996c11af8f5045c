"""Words for scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.reporting.words import (
    LEANS_NATURAL,
    LEANS_STUDIO,
    NATURAL_LIKE,
    STUDIO_LIKE,
    counted,
    score_words,
)

ORDER = ["natural-like", "leans natural", "undecided", "leans studio", "studio-like"]


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.0, "natural-like"),
        (NATURAL_LIKE, "natural-like"),
        (0.3, "leans natural"),
        (LEANS_NATURAL, "leans natural"),
        (0.5, "undecided"),
        (LEANS_STUDIO, "leans studio"),
        (STUDIO_LIKE, "studio-like"),
        (1.0, "studio-like"),
    ],
)
def test_scores_have_these_words(score, words):
    """Thresholds belong to the band away from one half."""
    assert words == score_words(score)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_has_a_more_natural_word(one, other):
    """Words are monotone in the score."""
    low, high = sorted((one, other))

    assert ORDER.index(score_words(low)) <= ORDER.index(score_words(high))


@given(st.floats(0, 0.5))
def test_words_are_mirrored_around_one_half(distance):
    """Neither light is favoured."""
    below, above = (
        ORDER.index(score_words(0.5 - distance)),
        ORDER.index(score_words(0.5 + distance)),
    )

    # 0.5 +- distance may round to either side of a threshold; never further than that.
    assert abs((len(ORDER) - 1 - below) - above) <= 1
    if all(abs(0.5 + distance - edge) > 1e-9 for edge in (LEANS_STUDIO, STUDIO_LIKE)):
        assert len(ORDER) - 1 - below == above


def test_counts_have_their_noun_in_the_right_number():
    """No "1 photos"."""
    assert ["0 photos", "1 photo", "2 photos"] == [counted(n, "photo") for n in range(3)]
