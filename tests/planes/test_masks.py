"""Masks: what was put into a scene is found, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthetic_scenes as scenes
from studio_detector.planes import Planes, masks


def grey(plane: np.ndarray) -> Planes:
    return Planes(np.repeat(plane.astype(np.uint8)[:, :, None], 3, axis=2))


def test_backdrop_is_the_paper_and_not_the_ball() -> None:
    scene = scenes.seamless()
    backdrop = Planes(scene.rgb).backdrop
    assert not (backdrop & scene.subject).any() or (backdrop & scene.subject).mean() < 0.005
    assert backdrop[~scene.subject].mean() > 0.95


def test_a_smooth_island_is_no_backdrop() -> None:
    """A smooth field that the border cannot reach is part of the subject."""
    rng = np.random.default_rng(2)
    plane = rng.integers(0, 256, (200, 200))
    plane[60:140, 60:140] = 128
    assert not grey(plane).backdrop.any()


def test_texture_has_no_backdrop_and_an_even_field_is_all_backdrop() -> None:
    assert Planes(scenes.sample("overcast_wood")).backdrop.mean() < 0.02
    assert grey(np.full((50, 70), 128)).backdrop.all()


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 60), columns=st.integers(1, 60), seed=st.integers(0, 50))
def test_every_part_of_the_backdrop_reaches_the_border(rows: int, columns: int, seed: int) -> None:
    """Whatever the picture, no labelled island is left over."""
    import cv2

    rng = np.random.default_rng(seed)
    planes = Planes(cv2.blur(rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8), (9, 9)))
    backdrop = planes.backdrop
    _, labels = cv2.connectedComponents(backdrop.view(np.uint8), connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    assert set(np.unique(labels)) - {0} == set(np.unique(rim)) - {0}


def test_enlarging_a_mask_keeps_left_and_right_alike() -> None:
    mask = np.random.default_rng(0).random((17, 23)) > 0.5
    large = masks.enlarged(mask, 34 + 5, 46 + 9)
    mirrored = masks.enlarged(np.ascontiguousarray(mask[:, ::-1]), 39, 55)
    assert (39, 55) == large.shape
    assert (large[:, ::-1] != mirrored).mean() < 0.1


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 50), (100, 200)])
def test_border_is_the_outer_frame(rows: int, columns: int) -> None:
    border = masks.border(rows, columns)
    assert border[0].all()
    assert border[-1].all()
    assert border[:, 0].all()
    assert border[:, -1].all()
    if min(rows, columns) >= 100:
        width = round(masks.BORDER_RATIO * min(rows, columns))
        assert not border[width:-width, width:-width].any()


def test_highlight_components_describe_themselves() -> None:
    plane = np.full((100, 120), 40)
    plane[10:20, 30:50] = 250
    plane[60:64, 100:104] = 250
    found = grey(plane).highlights
    assert found.count == 2
    assert [200, 16] == found.areas_px.tolist()
    assert [[30, 10, 20, 10], [100, 60, 4, 4]] == found.boxes_px.tolist()
    assert found.mask.sum() == found.areas_px.sum()
    assert np.array_equal(found.mask, found.labels > 0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    seed=st.integers(0, 99),
    filled=st.sampled_from([0.0, 0.1, 0.4, 0.7, 1.0]),
)
def test_components_are_those_of_opencv(rows: int, columns: int, seed: int, filled: float) -> None:
    """Areas and boxes found by runs equal those counted pixel by pixel."""
    import cv2

    mask = np.random.default_rng(seed).random((rows, columns)) < filled
    parts = masks.components(mask)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    assert parts.count == count - 1
    found = np.column_stack([parts.boxes_px, parts.areas_px])
    assert sorted(map(tuple, stats[1:].tolist())) == sorted(map(tuple, found.tolist()))
    assert np.array_equal(np.bincount(parts.labels.ravel())[1:], parts.areas_px)


@pytest.mark.parametrize("level", [0, 100, 159])
def test_a_dark_picture_has_no_highlight(level: int) -> None:
    assert grey(np.full((40, 40), level)).highlights.count == 0


@pytest.mark.parametrize("level", [97, 200, 255])
def test_a_light_picture_has_no_shadow(level: int) -> None:
    assert not grey(np.full((40, 40), level)).shadow.any()


@pytest.mark.parametrize(("ground", "name"), [(252, "highlights"), (3, "shadow")])
def test_noise_does_not_tear_an_even_ground(ground: int, name: str) -> None:
    noise = np.random.default_rng(4).integers(-3, 4, (120, 120))
    found = getattr(grey(ground + noise), name)
    mask = found.mask if name == "highlights" else found
    assert mask.all()
