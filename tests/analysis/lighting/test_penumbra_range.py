"""The width of transitions stays in its declared range where there is nothing to measure it by."""

from __future__ import annotations

import numpy as np
import pytest

from studio_detector.analysis.lighting import shadow
from studio_detector.planes import Planes


@pytest.mark.parametrize("shape", [(7, 9), (16, 16), (31, 33)])
def test_a_checkerboard_of_single_pixels_stays_in_range(shape):
    """It has all the contrast there is, and no gradient."""
    rows, columns = np.indices(shape)
    board = np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[:, :, None], 3, axis=2)

    found = shadow.measure(Planes(board))

    for spec in shadow.SPEC.measures:
        value = found.values[spec.name]
        assert value is None or spec.low <= value <= spec.high, spec.name
