"""Depth of field: blur is found where it was put."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.detail import depth_of_field
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(depth_of_field.measure(Planes(rgb)).values)


def patches(seed: int = 4, side: int = 256) -> np.ndarray:
    """Sharp patches of random grey over the whole picture."""
    rng = np.random.default_rng(seed)
    small = rng.integers(30, 226, (side // 16, side // 16), dtype=np.uint8)
    luma = cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.repeat(luma[:, :, None], 3, axis=2)


def subject_mask(side: int = 256) -> np.ndarray:
    mask = np.zeros((side, side), dtype=np.bool_)
    mask[side // 4 : -side // 4, side // 4 : -side // 4] = True
    return mask


class TestDepthOfField(BaseAnalysisTest):
    analysis = depth_of_field
    # Fineness compares the finest scale with the next: it is what JPEG coding thins out,
    jpeg_sensitive = frozenset(
        {"border_fineness_db", "centre_border_fineness_db", "fineness_spread_db"}
    )
    # and what the scenes, 192 px after halving, no longer reach at all.
    size_sensitive = frozenset({"fineness_spread_db", "defocused_cell_ratio"})


def test_blurring_only_the_surroundings_raises_the_contrast_of_sharpness() -> None:
    rgb = patches()
    contrasts = [
        measured(scenes.blurred_where(rgb, ~subject_mask(), sigma_px) if sigma_px else rgb)
        for sigma_px in (0, 2, 4)
    ]
    for name in (
        "subject_border_db",
        "centre_top_db",
        "centre_bottom_db",
        "centre_softer_side_db",
        "centre_sharper_side_db",
        "falloff_db",
        "sharpness_spread_db",
        "sharpness_inequality",
    ):
        values = [found[name] for found in contrasts]
        assert sorted(values) == values, name
        assert values[0] < values[-1], name
    # Fineness is a ratio of scales: stronger blur empties both, so it rises only at first.
    fineness = [found["centre_border_fineness_db"] for found in contrasts]
    assert min(fineness[1:]) > fineness[0] + 5
    assert contrasts[-1]["border_edge_ratio"] < contrasts[0]["border_edge_ratio"]


def test_blurring_the_subject_instead_turns_the_contrast_round() -> None:
    values = measured(scenes.blurred_where(patches(), subject_mask(), 4))
    assert values["subject_border_db"] < -3
    assert values["centre_border_fineness_db"] < -3


def test_blurring_everything_lowers_sharpness_and_density_of_edges() -> None:
    rgb = scenes.overcast_wood().rgb
    plain, blurred = measured(rgb), measured(cv2.GaussianBlur(rgb, (0, 0), 6))
    assert blurred["bottom_sharpness_db"] < plain["bottom_sharpness_db"]
    assert blurred["border_fineness_db"] < plain["border_fineness_db"]
    assert blurred["edge_density_ratio"] < plain["edge_density_ratio"]
    assert blurred["edge_contrast_levels"] < plain["edge_contrast_levels"]


def test_blurred_structure_is_told_from_an_empty_ground() -> None:
    rgb = patches()
    blurred = measured(scenes.blurred_where(rgb, ~subject_mask(), 5))
    empty = rgb.copy()
    empty[~subject_mask()] = 200
    plain = measured(empty)
    assert blurred["defocused_border_ratio"] > 0.5
    assert plain["defocused_border_ratio"] == 0
    assert plain["plain_border_ratio"] == 1
    assert blurred["plain_border_ratio"] < 0.2
    assert plain["border_structure_db"] < blurred["border_structure_db"] - 6


@pytest.mark.parametrize(("rows", "expected"), [(slice(0, 64), 0.15), (slice(192, 256), 0.85)])
def test_sharp_plane_is_found_at_its_height(rows: slice, expected: float) -> None:
    mask = np.ones((256, 256), dtype=np.bool_)
    mask[rows] = False
    values = measured(scenes.blurred_where(patches(), mask, 5))
    assert expected == pytest.approx(values["sharp_row_ratio"], abs=0.1)
    assert np.sign(expected - 0.5) == np.sign(values["centre_top_db"] - values["centre_bottom_db"])


def test_turning_upside_down_swaps_top_and_bottom() -> None:
    rgb = scenes.hard_sun().rgb
    plain, turned = measured(rgb), measured(np.ascontiguousarray(rgb[::-1]))
    assert turned["centre_top_db"] == pytest.approx(plain["centre_bottom_db"], abs=0.2)
    assert turned["sharp_row_ratio"] == pytest.approx(1 - plain["sharp_row_ratio"], abs=0.01)


def test_blurred_lights_are_discs_and_lines_are_not() -> None:
    discs, lines = (np.full((256, 256, 3), 30, dtype=np.uint8) for _ in range(2))
    for row, column in ((50, 60), (90, 200), (180, 40)):
        cv2.circle(discs, (column, row), 9, (240, 240, 240), -1)
        cv2.line(lines, (column - 30, row), (column + 30, row + 20), (240, 240, 240), 2)
    area = 3 * np.pi * 9**2 / 256**2
    assert area == pytest.approx(measured(discs)["disc_area_ratio"], rel=0.05)
    assert measured(lines)["disc_area_ratio"] == 0


def test_contrast_does_not_pass_for_sharpness() -> None:
    """Halving all differences from grey keeps contrasts in decibels."""
    rgb = cv2.GaussianBlur(patches(), (0, 0), 1.5)
    faint = (128 + (rgb.astype(np.float32) - 128) / 2).astype(np.uint8)
    plain, halved = measured(rgb), measured(faint)
    assert plain["subject_border_db"] == pytest.approx(halved["subject_border_db"], abs=1)
    assert plain["border_fineness_db"] == pytest.approx(halved["border_fineness_db"], abs=1.5)


def test_one_tone_has_nothing_to_be_sharp() -> None:
    flat = depth_of_field.measure(Planes(np.full((200, 300, 3), 90, dtype=np.uint8)))
    assert set(flat.values.values()) == {None}


def test_edges_are_crests_one_pixel_wide_and_counted_where_they_are() -> None:
    """Upright stripes of 16 px have an edge every 16 px, in the border as often as elsewhere."""
    columns = np.mgrid[:256, :256][1]
    luma = np.where(columns // 16 % 2, 160, 60).astype(np.uint8)
    stripes = np.repeat(luma[:, :, None], 3, axis=2)
    values = measured(cv2.GaussianBlur(stripes, (0, 0), 1.5))
    # A symmetric edge has two crests of the same height, on both sides of its middle.
    assert values["edge_density_ratio"] == pytest.approx(2 / 16, rel=0.1)
    assert values["border_edge_ratio"] == pytest.approx(1 - (3 / 4) ** 2, abs=0.05)
    halved = measured(cv2.GaussianBlur(stripes // 2, (0, 0), 1.5))
    assert values["edge_contrast_levels"] == pytest.approx(
        2 * halved["edge_contrast_levels"], rel=0.05
    )
