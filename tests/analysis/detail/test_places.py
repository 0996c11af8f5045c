"""Places and grids the detail analyses share, and what all of them promise about numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthetic_scenes as scenes
from studio_detector.analysis.detail import (
    _places,
    composition,
    depth_of_field,
    frequency,
    texture,
)
from studio_detector.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def threads() -> Iterator[None]:
    """Put the number of OpenCV's threads back."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@given(rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 99))
def test_halving_averages_pairs_and_keeps_an_odd_last_line(
    rows: int, columns: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    half = _places.halved(plane)
    whole = np.pad(plane, ((0, rows % 2), (0, columns % 2)), mode="edge")
    expected = whole.reshape(whole.shape[0] // 2, 2, whole.shape[1] // 2, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(half, expected, rtol=1e-6)


def test_regions_are_means_of_their_cells() -> None:
    cells = np.random.default_rng(3).random((8, 8))
    found = _places.regions(cells)
    assert found.border == pytest.approx(cells[_places.border_cells()].mean())
    assert found.centre == pytest.approx(cells[2:6, 2:6].mean())
    assert found.arch == pytest.approx(cells[_places.arch_cells()].mean())
    assert found.top == pytest.approx(cells[0].mean())
    assert found.bottom == pytest.approx(cells[-1].mean())
    assert found.left == pytest.approx(cells[:, 0].mean())
    assert found.right == pytest.approx(cells[:, -1].mean())


@pytest.mark.parametrize("shape", [(24, 24), (171, 256), (256, 205)], ids=str)
def test_strips_make_the_border_and_the_arch_lies_in_it(shape: tuple[int, int]) -> None:
    union = np.zeros(shape, dtype=np.bool_)
    for place in _places.strips(*shape).values():
        union[place] = True
    border, arch = _places.border_mask(*shape), _places.arch_mask(*shape)
    np.testing.assert_array_equal(union, border)
    assert not (arch & ~border).any()
    assert arch[0].all()
    assert not arch[-1].any()
    np.testing.assert_array_equal(np.flatnonzero(arch), _places.arch_places(*shape))


def test_what_is_kept_between_pictures_refuses_writing() -> None:
    """One array serves all pictures of a shape: writing to it would change the next one."""
    for kept in (
        _places.border_mask(40, 50),
        _places.arch_places(40, 50),
        _places.border_cells(),
        _places.centre_cells(5, 8),
    ):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 0


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("analysis", [composition, depth_of_field, frequency, texture])
@pytest.mark.parametrize("shape", [(384, 512), (342, 512), (512, 410)], ids=str)
def test_numbers_do_not_depend_on_threads(analysis: object, shape: tuple[int, int]) -> None:
    rgb = cv2.resize(scenes.window_room().rgb, shape[::-1], interpolation=cv2.INTER_AREA)
    found = []
    for count in (1, 2, 4):
        cv2.setNumThreads(count)
        found.append(analysis.measure(Planes(rgb)))
    assert found[0] == found[1] == found[2]
