"""Where the evidence lies, by blurring one place after the other."""

from __future__ import annotations

import numpy as np
import pytest

from studio_detector.analysis.lighting import shadow
from studio_detector.analysis.registry import Registry
from studio_detector.decision.model import Head, Shape
from studio_detector.planes import Planes
from studio_detector.reporting.overlays import draw, head_logit
from studio_detector.reporting.overlays.occlusion import CELLS, occlusion


def _noise(rows=120, columns=180):
    rng = np.random.default_rng(8)
    return Planes(rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8))


def _detail_at(rows, columns):
    """A judge that looks at the detail of one place only."""

    def logit(planes):
        return float(planes.luma_float[rows, columns].std()) / 10

    return logit


def test_only_the_place_looked_at_matters():
    """The fifth cell of the last row: its detail speaks for studio, no other's does."""
    planes = _noise()
    found = occlusion(planes, _detail_at(slice(95, 115), slice(125, 145)))

    assert found.change.shape == (4, CELLS)
    assert found.change[3, 4] > 1
    assert np.abs(np.delete(found.change.ravel(), 3 * CELLS + 4)).max() < 0.05


def test_detail_that_speaks_for_natural_is_below_nothing():
    planes = _noise()
    judge = _detail_at(slice(5, 25), slice(5, 25))

    assert occlusion(planes, lambda seen: -judge(seen)).change[0, 0] < -1


def test_a_judge_that_sees_nothing_changes_nothing():
    found = occlusion(_noise(), lambda _: 1.5)

    assert found.logit == 1.5
    assert not found.change.any()


@pytest.mark.parametrize(
    ("rows", "columns", "cells"),
    [(180, 180, 36), (120, 180, 24), (1, 1, 1), (1, 40, 6), (3, 2, 6), (400, 50, 6)],
)
def test_the_picture_is_judged_once_a_cell_and_once_whole(rows, columns, cells):
    """At most 37 times: that bounds what the map costs."""
    asked = []
    occlusion(_noise(rows, columns), lambda planes: float(len(asked.append(planes) or asked)))

    assert len(asked) == cells + 1


def test_places_that_speak_for_studio_are_orange_and_others_grey():
    planes = _noise(180, 180)
    overlay = draw("evidence_map", planes, logit=_detail_at(slice(65, 85), slice(95, 115)))
    panel = overlay.rgb[:512].astype(np.int16)
    warm = panel[:, :, 0] - panel[:, :, 2]

    # Numbers in black and white stand in the middle of the cells.
    assert (
        np.percentile(warm[172:340, 258:424], 10) > 30
        or np.percentile(warm[175:250, 260:340], 10) > 30
    )
    assert np.abs(warm[:80, :80]).max() <= 8


def test_the_caption_says_that_changes_do_not_add_up():
    overlay = draw("evidence_map", _noise(), logit=lambda _: 2.0)

    assert "not to the verdict's +2.0" in overlay.caption


class _Untouched:
    """An analysis that the head does not read."""

    SPEC = type("Spec", (), {"name": "other"})

    @staticmethod
    def measure(planes):
        raise AssertionError(f"measured {planes} for nothing")


def test_a_head_judges_by_what_it_reads():
    head = Head(
        intercept=0.25,
        shapes=(Shape(measure="shadow.dark_ratio", knots=(0.0, 1.0), log_odds=(-2.0, 2.0)),),
    )
    planes = _noise()
    expected = head.evaluate({"shadow": shadow.measure(planes)}).logit

    assert head_logit(head, [shadow, _Untouched])(planes) == expected
    assert head_logit(head, Registry.load())(planes) == expected
