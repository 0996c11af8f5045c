"""OpenCV sums whole numbers only: its sums of floats may depend on where they lie in memory."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import synthetic_scenes as scenes
from studio_detector.analysis.registry import BUILT_IN, Registry
from studio_detector.planes import Planes

SUMS = ("mean", "meanStdDev", "sumElems", "norm", "magnitude", "cartToPolar", "moments")
MEASURED = [
    analysis
    for analysis in Registry.load()
    if analysis.SPEC.phase != "network" and f"{analysis.SPEC.name}" in " ".join(BUILT_IN)
]


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("analysis", MEASURED, ids=lambda analysis: analysis.SPEC.name)
def test_no_sum_of_floats_is_left_to_opencv(analysis, name, monkeypatch):
    """Whole numbers add up exactly in any order; floats do not."""
    plain = getattr(cv2, name)

    def watched(*arguments, **named):
        arrays = [a for a in (*arguments, *named.values()) if isinstance(a, np.ndarray)]
        assert not [a for a in arrays if a.dtype.kind == "f"], f"cv2.{name} of floats"
        return plain(*arguments, **named)

    monkeypatch.setattr(cv2, name, watched)
    for scene in ("window_room", "seamless", "hard_sun"):
        analysis.measure(Planes(scenes.sample(scene)))


def test_the_watch_sees_a_sum_of_floats(monkeypatch):
    """Or the test above could not fail."""

    class Careless:
        SPEC = MEASURED[0].SPEC

        @staticmethod
        def measure(planes):
            cv2.mean(planes.luma_float)

    with pytest.raises(AssertionError, match=r"cv2\.mean of floats"):
        test_no_sum_of_floats_is_left_to_opencv(Careless, "mean", monkeypatch)
