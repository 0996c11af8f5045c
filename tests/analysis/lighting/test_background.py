"""Background: backdrops, borders and subjects of known extent."""

from __future__ import annotations

import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.lighting import background
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(background.measure(Planes(rgb)).values)


class TestBackground(BaseAnalysisTest):
    analysis = background


def test_coverage_is_what_the_subject_leaves() -> None:
    """The backdrop found is the truth less a margin along the outline."""
    scene = scenes.seamless()
    truth = 1 - scene.subject.mean()
    values = measured(scene.rgb)
    assert values["coverage_ratio"] == pytest.approx(truth, abs=0.05)
    assert values["coverage_ratio"] <= truth
    assert values["side_coverage_least"] == 1


def test_sky_reaches_the_top_and_not_the_bottom() -> None:
    values = measured(scenes.hard_sun().rgb)
    assert values["top_coverage"] > 0.9
    assert values["bottom_coverage"] < 0.05
    assert values["side_coverage_least"] < 0.05


def test_a_seamless_gradient_lies_on_a_smooth_surface_and_a_room_does_not() -> None:
    paper, room = measured(scenes.seamless().rgb), measured(scenes.window_room().rgb)
    assert paper["surface_residual"] < 0.5
    assert paper["surface_r2"] > 0.95
    assert room["surface_residual"] > 5 * paper["surface_residual"]


def test_fall_of_the_backdrop_has_the_sign_of_its_light() -> None:
    down = measured(scenes.seamless(top=0.8, bottom=0.2).rgb)
    up = measured(scenes.seamless(top=0.2, bottom=0.8).rgb)
    assert down["surface_fall"] > 10
    assert up["surface_fall"] < -10


def test_a_background_light_bulges() -> None:
    """A spot in the middle of the backdrop is a positive bulge, a vignette's too."""
    rows, columns = np.mgrid[-1:1:256j, -1:1:256j]
    glow = 0.15 + 0.35 * np.exp(-(rows**2 + columns**2))
    assert measured(scenes.encode(np.repeat(glow[:, :, None], 3, axis=2)))["surface_bulge"] > 3


@pytest.mark.parametrize("sigma_px", [1.5, 3.0, 6.0])
def test_blurring_the_backdrop_never_lowers_its_smoothness(sigma_px: float) -> None:
    scene = scenes.seamless(noise_levels=7)
    plain = measured(scene.rgb)
    blurred = measured(scenes.blurred_where(scene.rgb, ~scene.subject, sigma_px))
    assert blurred["coverage_ratio"] >= plain["coverage_ratio"] - 0.02
    assert blurred["border_gradient_middle"] <= plain["border_gradient_middle"]
    assert blurred["surface_residual"] <= plain["surface_residual"] + 0.1


@pytest.mark.parametrize("tint", [(1, 1, 1), (0.6, 0.8, 1.0), (1.0, 0.7, 0.5)], ids=str)
def test_colour_of_the_paper_is_its_chroma(tint: tuple[float, float, float]) -> None:
    values = measured(scenes.seamless(tint=tint, subject=False).rgb)
    neutral = tint == (1, 1, 1)
    assert (values["chroma"] < 2) == neutral
    assert (values["border_chroma"] < 2) == neutral


def test_white_and_black_borders_are_told() -> None:
    white, black = measured(scenes.packshot().rgb), measured(scenes.low_key().rgb)
    assert white["border_white_ratio"] > 0.99
    assert white["border_black_ratio"] == 0
    assert black["border_black_ratio"] > 0.7
    assert black["border_white_ratio"] == 0


def test_separation_grows_with_the_contrast_to_the_backdrop() -> None:
    """The same ball on lighter paper stands out more."""
    separations = [
        measured(scenes.seamless(top=level, bottom=level).rgb)["separation_lightness"]
        for level in (0.3, 0.5, 0.8)
    ]
    assert sorted(separations, reverse=True) == separations


def test_a_figure_lit_from_behind_has_a_lighter_rim() -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    distance = np.hypot(rows - 128, columns - 128)
    figure = distance < 70
    rim = figure & (distance > 62)
    rgb = np.full((256, 256, 3), 25, dtype=np.uint8)
    rgb[figure] = 110
    plain = measured(rgb)
    rgb[rim] = 220
    assert measured(rgb)["rim_light"] > plain["rim_light"] + 10


@pytest.mark.parametrize("count", [1, 2, 4])
def test_separate_objects_are_counted(count: int) -> None:
    rgb = np.full((256, 384, 3), 235, dtype=np.uint8)
    for number in range(count):
        left = 30 + 85 * number
        rgb[90:170, left : left + 40] = (60, 90, 140)
    values = measured(rgb)
    assert np.log1p(count) == pytest.approx(values["subject_count_log"])
    assert values["subject_sides_touched"] == 0
    assert 1 / count == pytest.approx(values["subject_largest_share"], abs=0.02)


def test_a_figure_cut_by_the_lower_edge_touches_one_side() -> None:
    assert measured(scenes.low_key().rgb)["subject_sides_touched"] == 1


def test_a_wood_has_no_backdrop_and_says_why() -> None:
    measurement = background.measure(Planes(scenes.overcast_wood().rgb))
    assert measurement.values["coverage_ratio"] < 0.02
    assert measurement.values["surface_residual"] is None
    assert measurement.missing["lightness"] == "no smooth region reaches the border"


def test_a_horizon_steps_on_both_sides_at_once() -> None:
    level = np.full((256, 256, 3), 200, dtype=np.uint8)
    level[150:] = 80
    left_only = np.full((256, 256, 3), 200, dtype=np.uint8)
    left_only[150:, :128] = 80
    assert measured(level)["horizon_step"] > 30
    assert measured(left_only)["horizon_step"] < 2
