"""Colour temperature: light of known colour is found, and nothing else moves it."""

from __future__ import annotations

import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.lighting import colour_temperature, shadow
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(colour_temperature.measure(Planes(rgb)).values)


class TestColourTemperature(BaseAnalysisTest):
    analysis = colour_temperature


def grey_under(x: float, y: float) -> np.ndarray:
    """A grey ramp under light of a CIE 1931 chromaticity."""
    to_rgb = np.linalg.inv(
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    )
    light = to_rgb @ np.array([x / y, 1.0, (1 - x - y) / y])
    ramp = np.linspace(0.1, 0.5, 128)[None, :, None] * np.ones((96, 1, 1))
    return scenes.encode(ramp * light / light.max())


@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    [(5503, 0.33242, 0.34743), (6504, 0.31271, 0.32902), (7504, 0.29902, 0.31485)],
    ids=["D55", "D65", "D75"],
)
def test_temperature_of_a_cie_daylight_is_found(kelvin: float, x: float, y: float) -> None:
    """CIE 15 gives the chromaticities; the estimate is within 3 %."""
    values = measured(grey_under(x, y))
    assert kelvin == pytest.approx(values["cct_k"], rel=0.03)
    assert values["locus_distance"] < 0.01


def test_warmer_light_means_fewer_kelvin_and_more_yellow() -> None:
    rgb = scenes.one_soft_light().rgb
    series = [measured(scenes.cast(rgb, 1, 1 - step, 1 - 2 * step)) for step in (0, 0.04, 0.08)]
    kelvins = [values["cct_k"] for values in series]
    yellows = [values["neutral_b_star"] for values in series]
    assert sorted(kelvins, reverse=True) == kelvins
    assert sorted(yellows) == yellows
    assert kelvins[0] - kelvins[-1] > 300


def test_a_cast_moves_colour_and_not_the_direction_of_the_shadow() -> None:
    rgb = scenes.one_hard_light().rgb
    cast = scenes.cast(rgb, 1.0, 0.9, 0.7)
    plain_shadow = shadow.measure(Planes(rgb)).values["direction_down"]
    cast_shadow = shadow.measure(Planes(cast)).values["direction_down"]
    assert measured(cast)["b_star_mean"] > measured(rgb)["b_star_mean"] + 5
    assert plain_shadow == pytest.approx(cast_shadow, abs=0.02)


def test_window_and_lamp_together_are_mixed_light() -> None:
    room, studio = measured(scenes.window_room().rgb), measured(scenes.two_lights().rgb)
    assert room["mixed_light_ratio"] > 0.1
    assert studio["mixed_light_ratio"] < 0.01
    assert room["illuminant_spread_deg"] > 2 * studio["illuminant_spread_deg"]
    assert room["b_star_sideways_drift"] > 10 * studio["b_star_sideways_drift"]


def test_sky_counts_above_and_grass_below() -> None:
    rgb = scenes.hard_sun().rgb
    upright, inverted = measured(rgb), measured(np.ascontiguousarray(rgb[::-1]))
    assert upright["sky_ratio"] > 0.9
    assert upright["foliage_low_ratio"] > 0.9
    assert inverted["sky_ratio"] < 0.1
    assert inverted["foliage_low_ratio"] < 0.1


def test_a_monochrome_picture_has_no_hues() -> None:
    grey = np.repeat(scenes.hard_sun().rgb[:, :, 1:2], 3, axis=2)
    values = measured(np.ascontiguousarray(grey))
    assert values["neutral_ratio"] == 1
    assert values["chroma_p95"] < 1
    assert values["sky_ratio"] == 0
    assert values["foliage_ratio"] == 0


@pytest.mark.parametrize("count", [1, 2, 16])
def test_distinct_colours_are_counted(count: int) -> None:
    """Patches of 16-level steps are distinct colours at four bits."""
    levels = np.repeat(np.arange(count) * 16 + 8, 128 // count).astype(np.uint8)
    rgb = np.repeat(np.repeat(levels[None, :, None], 128, axis=0), 3, axis=2)
    values = measured(rgb)
    assert np.log2(count) == pytest.approx(values["colour_count_log2"])


def test_modal_colour_is_the_share_of_the_largest_patch() -> None:
    rgb = np.full((100, 100, 3), 255, dtype=np.uint8)
    rgb[:, :30] = (200, 30, 30)
    assert measured(rgb)["modal_colour_ratio"] == pytest.approx(0.7)


def test_clipped_white_gives_no_temperature_and_says_why() -> None:
    measurement = colour_temperature.measure(Planes(np.full((64, 64, 3), 255, dtype=np.uint8)))
    assert measurement.values["cct_k"] is None
    assert "clipped" in measurement.missing["cct_k"]


def test_deep_green_light_has_no_temperature() -> None:
    """Far from the Planckian locus a temperature would be a number without a meaning."""
    rgb = np.full((64, 64, 3), (20, 200, 20), dtype=np.uint8)
    assert measured(rgb)["cct_k"] is None
