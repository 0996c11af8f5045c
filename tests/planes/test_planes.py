"""Planes: right values, right types, computed once, never changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthetic_scenes as scenes
from studio_detector.planes import Planes, colour
from studio_detector.planes.planes import grid_mean

# name -> (dtype, lowest, highest)
PLANES = {
    "rgb": (np.uint8, 0, 255),
    "luma": (np.uint8, 0, 255),
    "luma_float": (np.float32, 0, 255),
    "lab": (np.uint8, 0, 255),
    "lightness": (np.float32, 0, 100),
    "a_star": (np.float32, -128, 127),
    "b_star": (np.float32, -128, 127),
    "chroma": (np.float32, 0, 182),
    "hue_deg": (np.float32, 0, 358),
    "saturation": (np.uint8, 0, 255),
    "brightest_channel": (np.uint8, 0, 255),
    "gradient_columns": (np.float32, -255, 255),
    "gradient_rows": (np.float32, -255, 255),
    "gradient_magnitude": (np.float32, 0, 361),
    "gradient_direction_deg": (np.float32, 0, 360),
    "laplacian": (np.float32, -1020, 1020),
    "edges": (np.bool_, 0, 1),
    "local_mean": (np.float32, 0, 255.001),
    "local_variance": (np.float32, 0, 16257),
    "shadow": (np.bool_, 0, 1),
    "backdrop": (np.bool_, 0, 1),
    "border": (np.bool_, 0, 1),
}
SHAPES = [(1, 1), (1, 40), (40, 1), (8, 8), (26, 512), (288, 384)]


def random_rgb(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", PLANES)
def test_plane_has_the_type_size_and_range_it_promises(name: str, shape: tuple[int, int]) -> None:
    plane = getattr(Planes(random_rgb(*shape)), name)
    dtype, low, high = PLANES[name]
    assert dtype == plane.dtype
    assert shape == plane.shape[:2]
    assert low <= plane.min()
    assert plane.max() <= high


@pytest.mark.parametrize("name", PLANES)
def test_plane_is_computed_once_and_refuses_writing(name: str) -> None:
    planes = Planes(scenes.sample("hard_sun"))
    plane = getattr(planes, name)
    assert plane is getattr(planes, name)
    with pytest.raises(ValueError, match="read-only"):
        plane[0, 0] = 1


@pytest.mark.parametrize("name", PLANES)
def test_plane_is_equal_wherever_the_picture_lies_in_memory(name: str) -> None:
    """Vector code must not round by the address of an array: equal bytes, equal floats."""
    rgb = scenes.sample("window_room")[:, :333]
    plain = getattr(Planes(rgb.copy()), name)
    for shift in (1, 3, 8, 20):
        room = np.empty(rgb.size + 64, dtype=np.uint8)
        moved = room[shift : shift + rgb.size].reshape(rgb.shape)
        moved[:] = rgb
        moved.setflags(write=False)
        ballast = [np.empty(size, dtype=np.uint8) for size in (7, 1001, 70_003)]
        assert plain.tobytes() == getattr(Planes(moved), name).tobytes()
        assert len(ballast) == 3


def test_the_callers_array_is_neither_sealed_nor_shared() -> None:
    """Writing to the picture afterwards works and changes no plane."""
    rgb = random_rgb(20, 30)
    planes = Planes(rgb)
    before = planes.rgb.copy()
    rgb[:] = 0
    assert np.array_equal(before, planes.rgb)


def test_a_sealed_array_is_not_copied() -> None:
    rgb = random_rgb(20, 30)
    rgb.setflags(write=False)
    assert np.shares_memory(rgb, Planes(rgb).rgb)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((0, 4, 3), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.float32),
    ],
    ids=["grey", "four channels", "no rows", "float"],
)
def test_what_is_no_picture_is_refused_with_its_shape(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="planes need uint8") as caught:
        Planes(array)
    assert str(array.shape) in str(caught.value)


# Values


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((119, 119, 119), (50.0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((0, 128, 0), (46.23, -51.70, 49.90)),
    ],
    ids=["white", "black", "grey", "red", "blue", "green"],
)
def test_lab_follows_cie_within_a_step_of_its_packing(
    rgb: tuple[int, int, int], lab: tuple[float, float, float]
) -> None:
    planes = Planes(np.full((3, 3, 3), rgb, dtype=np.uint8))
    found = (planes.lightness[1, 1], planes.a_star[1, 1], planes.b_star[1, 1])
    assert lab == pytest.approx(found, abs=1.0)
    assert np.hypot(lab[1], lab[2]) == pytest.approx(planes.chroma[1, 1], abs=1.5)


@pytest.mark.parametrize(("name", "along"), [("gradient_columns", 1), ("gradient_rows", 0)])
def test_gradient_of_a_ramp_is_its_slope(name: str, along: int) -> None:
    ramp = np.repeat(np.arange(0, 120, 3, dtype=np.uint8)[:, None], 40, axis=1)
    ramp = ramp.T if along == 1 else ramp
    planes = Planes(np.repeat(ramp[:, :, None], 3, axis=2))
    inner = getattr(planes, name)[1:-1, 1:-1]
    assert np.full_like(inner, 3.0) == pytest.approx(inner)
    assert np.full_like(inner, 3.0) == pytest.approx(planes.gradient_magnitude[1:-1, 1:-1])
    direction = planes.gradient_direction_deg[1:-1, 1:-1]
    assert direction == pytest.approx(np.full_like(direction, 0 if along == 1 else 90), abs=0.1)


def test_local_variance_of_a_chequerboard_is_that_of_its_tones() -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 100).astype(np.uint8)
    planes = Planes(np.repeat(board[:, :, None], 3, axis=2))
    # 9x9 windows hold 40 or 41 of 81 bright squares.
    share = 40 / 81
    expected = 100**2 * share * (1 - share)
    assert expected == pytest.approx(planes.local_variance[20, 20], rel=1e-4)


def test_laplacian_of_a_flat_field_is_zero_and_of_a_point_is_its_height() -> None:
    field = np.full((9, 9, 3), 50, dtype=np.uint8)
    assert not Planes(field).laplacian.any()
    field[4, 4] = 60
    assert Planes(field).laplacian[4, 4] == pytest.approx(-40)


# Scale


def test_reduced_planes_are_made_once_and_keep_the_shape() -> None:
    planes = Planes(random_rgb(288, 384))
    small = planes.at(128)
    assert small is planes.at(128)
    assert (96, 128) == small.rgb.shape[:2]
    assert planes is planes.at(384)
    assert planes is planes.at(1000)


def test_smaller_planes_are_shared_by_the_larger_ones() -> None:
    planes = Planes(random_rgb(341, 512))
    assert planes.at(64) is planes.reduced.at(128).at(64)
    assert planes.reduced is planes.reduced.reduced


def test_packed_colours_unpack_to_the_planes() -> None:
    planes = Planes(random_rgb(20, 30))
    unpacked = np.array([colour.unpacked(packed) for packed in planes.lab.reshape(-1, 3).tolist()])
    together = colour.channels(planes.lab)
    for number, plane in enumerate((planes.lightness, planes.a_star, planes.b_star)):
        assert plane.ravel() == pytest.approx(unpacked[:, number], abs=1e-4)
        assert plane == pytest.approx(together[number], abs=1e-4)


@pytest.mark.parametrize("shape", [(342, 512), (343, 511), (100, 140), (5, 300)], ids=str)
@pytest.mark.parametrize("side_px", [256, 128, 64])
def test_cover_of_the_backdrop_has_the_size_of_the_planes(
    shape: tuple[int, int], side_px: int
) -> None:
    planes = Planes(random_rgb(*shape)).reduced
    assert planes.at(side_px).rgb.shape[:2] == planes.backdrop_cover(side_px).shape


def test_cover_is_the_share_of_the_backdrop() -> None:
    planes = Planes(scenes.sample("seamless")).reduced
    assert planes.backdrop.mean() == pytest.approx(
        planes.backdrop_cover(128).mean() / 255, abs=0.01
    )


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (300, 7)], ids=str)
def test_a_strip_keeps_at_least_one_pixel_across(shape: tuple[int, int]) -> None:
    assert min(Planes(random_rgb(*shape)).at(64).rgb.shape[:2]) >= 1


def test_reducing_keeps_the_mean() -> None:
    rgb = scenes.sample("hard_sun")
    assert rgb.mean() == pytest.approx(Planes(rgb).at(96).rgb.mean(), abs=0.5)


def test_backdrop_does_not_depend_on_the_size_of_the_picture() -> None:
    rgb = np.repeat(np.repeat(scenes.sample("seamless"), 2, axis=0), 2, axis=1)
    large, small = Planes(rgb).backdrop, Planes(scenes.sample("seamless")).backdrop
    assert large.mean() == pytest.approx(small.mean(), abs=0.01)


# Grids


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 50),
    columns=st.integers(1, 50),
    cells=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_grid_means_stay_inside_the_plane(rows: int, columns: int, cells: int, seed: int) -> None:
    plane = np.random.default_rng(seed).random((rows, columns))
    grid = grid_mean(plane, cells)
    assert (cells, cells) == grid.shape
    assert plane.min() - 1e-6 <= grid.min()
    assert grid.max() <= plane.max() + 1e-6


@pytest.mark.parametrize("rows", [8, 17, 64])
def test_grid_means_average_to_the_mean_of_the_plane(rows: int) -> None:
    plane = np.random.default_rng(rows).random((rows, 40))
    assert plane.mean() == pytest.approx(grid_mean(plane).mean(), abs=1e-5)


def test_grid_of_channels_holds_the_grid_of_each() -> None:
    lab = Planes(random_rgb(40, 60)).lab
    assert grid_mean(lab)[:, :, 1] == pytest.approx(grid_mean(lab[:, :, 1]))


def test_grid_of_a_mask_is_its_coverage() -> None:
    mask = np.zeros((16, 16), dtype=np.bool_)
    mask[:2, :2] = True
    mask[2:4, 0] = True
    grid = grid_mean(mask)
    assert grid[0, 0] == pytest.approx(1)
    assert grid[1, 0] == pytest.approx(0.5)
    assert grid.sum() == pytest.approx(1.5)
