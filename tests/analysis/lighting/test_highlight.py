"""Highlight: number, shape and place of bright areas that were put there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.lighting import highlight
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(highlight.measure(Planes(rgb)).values)


def field_with(mask: np.ndarray, *, ground: int = 60, bright: int = 255) -> np.ndarray:
    return np.repeat(np.where(mask, bright, ground).astype(np.uint8)[:, :, None], 3, axis=2)


class TestHighlight(BaseAnalysisTest):
    analysis = highlight


@settings(max_examples=15, deadline=None)
@given(row=st.integers(40, 240), column=st.integers(40, 340))
def test_lamp_is_found_where_it_hangs(row: int, column: int) -> None:
    values = measured(scenes.lamp_highlight(row=row, column=column).rgb)
    assert np.log1p(1) == pytest.approx(values["count_log"])
    assert (row + 0.5) / scenes.ROWS - 0.5 == pytest.approx(values["centroid_row"], abs=0.01)
    assert (column + 0.5) / scenes.COLUMNS - 0.5 == pytest.approx(
        values["centroid_column"], abs=0.01
    )


def test_a_disc_is_rounder_than_a_square_and_a_square_than_a_strip() -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    disc = np.hypot(rows - 128, columns - 128) < 30
    square = (np.abs(rows - 128) < 27) & (np.abs(columns - 128) < 27)
    strip = (np.abs(rows - 128) < 4) & (np.abs(columns - 128) < 90)
    roundness = [measured(field_with(mask))["circularity"] for mask in (disc, square, strip)]
    assert sorted(roundness, reverse=True) == roundness
    assert roundness[0] == pytest.approx(1.0, abs=0.06)
    assert roundness[1] == pytest.approx(np.pi / 4, abs=0.12)
    assert roundness[2] < 0.25


@pytest.mark.parametrize("turn", [0, 1], ids=["lying", "upright"])
def test_shape_of_a_strip_does_not_depend_on_its_direction(turn: int) -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    strip = (np.abs(rows - 128) <= 9) & (np.abs(columns - 128) <= 47)
    values = measured(field_with(np.rot90(strip, turn)))
    assert values["aspect_ratio"] == pytest.approx(19 / 95, abs=0.01)
    assert values["fill_ratio"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_separate_lamps_are_counted(count: int) -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    mask = np.zeros((256, 256), dtype=np.bool_)
    for number in range(count):
        row, column = 40 + 80 * (number // 3), 40 + 80 * (number % 3)
        mask |= np.hypot(rows - row, columns - column) < 8
    values = measured(field_with(mask))
    assert np.log1p(count) == pytest.approx(values["count_log"])
    assert 1 / count == pytest.approx(values["largest_share"], abs=0.01)
    assert np.log(count) == pytest.approx(values["size_entropy"], abs=0.01)


def test_a_catchlight_is_tiny_round_and_on_dark_ground() -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    speck = np.hypot(rows - 100, columns - 100) < 3
    assert measured(field_with(speck))["catchlight_count_log"] > 0
    assert measured(field_with(speck, ground=225))["catchlight_count_log"] == 0


def test_a_wood_has_hundreds_of_highlights_and_a_packshot_one() -> None:
    wood, packshot = measured(scenes.overcast_wood().rgb), measured(scenes.packshot().rgb)
    assert wood["count_log"] > np.log(100)
    assert np.log1p(1) == pytest.approx(packshot["count_log"])
    assert packshot["backdrop_share"] > 0.9


def test_exposure_never_unclips() -> None:
    """More light clips more of the picture."""
    rgb = scenes.window_room().rgb
    clipped = [
        measured(scenes.cast(rgb, gain, gain, gain))["clipped_ratio"] for gain in (0.5, 1, 2, 4)
    ]
    assert sorted(clipped) == clipped
    assert clipped[-1] > clipped[0]


def test_blurring_never_adds_sparkle() -> None:
    rgb = scenes.overcast_wood().rgb
    everywhere = np.ones(rgb.shape[:2], dtype=np.bool_)
    ratios = [measured(rgb)["specular_ratio"]]
    ratios += [
        measured(scenes.blurred_where(rgb, everywhere, sigma_px))["specular_ratio"]
        for sigma_px in (1.0, 3.0)
    ]
    assert sorted(ratios, reverse=True) == ratios


def test_noise_does_not_tear_a_white_ground() -> None:
    """White paper is one highlight, however the last levels flicker."""
    values = measured(scenes.as_jpeg(scenes.packshot().rgb, quality=80))
    assert values["largest_share"] > 0.98


def test_black_has_no_highlight_and_says_why() -> None:
    measurement = highlight.measure(Planes(np.zeros((64, 64, 3), dtype=np.uint8)))
    assert measurement.values["count_log"] == 0
    assert measurement.values["largest_share"] is None
    assert "bright" in measurement.missing["largest_share"]
