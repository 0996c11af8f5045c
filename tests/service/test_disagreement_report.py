"""How far two variants agree, in numbers and in words."""

from __future__ import annotations

from uuid import UUID

import pytest

from studio_detector.service.disagreements import disagreement_report, disagreement_text
from studio_detector.service.store.comparing import Disagreement, Disagreements

PAIR = Disagreement(
    tenant="t",
    image_hash=64 * "a",
    a_id=UUID(int=1),
    b_id=UUID(int=2),
    a_label="studio",
    b_label="natural",
    a_confidence=0.75,
    b_confidence=0.25,
    feedback="studio",
)


def found(**changes):
    counts = {
        "pictures": 10,
        "labels_differ": 2,
        "verdicts_differ": 1,
        "mean_difference": 0.125,
        "judged": 4,
        "a_right": 3,
        "b_right": 1,
        "rows": (PAIR,),
    }
    return Disagreements(a="default", b="next", **(counts | changes))


def test_counts_become_ratios():
    """Of the pictures that both have judged, and of those that people have."""
    report = disagreement_report(found())

    assert (0.8, 0.9) == (report["same_label_ratio"], report["same_verdict_ratio"])
    assert [0.75, 0.25] == report["right_ratio"]
    assert 0.125 == report["mean_difference"]
    (worst,) = report["worst"]
    assert (0.5, ["studio", "natural"]) == (worst["difference"], worst["labels"])
    assert [str(UUID(int=1)), str(UUID(int=2))] == worst["results"]


def test_where_there_is_nothing_to_divide_by_there_is_no_ratio():
    """None of both, or none judged by people."""
    nothing = found(
        pictures=0, labels_differ=0, verdicts_differ=0, mean_difference=None,
        judged=0, a_right=0, b_right=0, rows=(),
    )  # fmt: skip
    report = disagreement_report(nothing)

    assert report["same_label_ratio"] is None
    assert [None, None] == report["right_ratio"]
    assert "no picture" in disagreement_text(report)


@pytest.mark.parametrize(("judged", "told"), [(4, True), (0, False)])
def test_words_say_the_same(judged, told):
    """Feedback only where there is some."""
    text = disagreement_text(disagreement_report(found(judged=judged)))

    assert "default and next have both judged 10 pictures" in text
    assert "80.0%" in text
    assert told == ("default 75.0%, next 25.0% of 4" in text)
    assert "default studio 0.750, next natural 0.250, people say studio" in text
