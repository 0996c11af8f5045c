"""Equal pictures give equal floats, wherever the arrays of an analysis lie in memory."""

from __future__ import annotations

import numpy as np
import pytest

import synthetic_scenes as scenes
from studio_detector.analysis.lighting import background, colour_temperature, highlight, shadow
from studio_detector.planes import Planes


@pytest.mark.parametrize("scene", ["window_room", "seamless", "hard_sun"])
@pytest.mark.parametrize(
    "analysis", [shadow, highlight, colour_temperature, background], ids=lambda a: a.SPEC.name
)
def test_no_measure_depends_on_addresses(analysis: object, scene: str) -> None:
    """OpenCV's sums of floats do, in the last bit: none of them may reach a measure."""
    rgb = scenes.sample(scene)[:, :333]
    plain = analysis.measure(Planes(rgb))
    ballast = []
    for size in (1, 77, 1_003, 8_200, 65_540, 131_100, 262_152):
        ballast.append(np.empty(size, dtype=np.uint8))
        room = np.empty(rgb.size + size, dtype=np.uint8)
        moved = room[size % 64 : size % 64 + rgb.size].reshape(rgb.shape)
        moved[:] = rgb
        moved.setflags(write=False)
        assert plain == analysis.measure(Planes(moved))
