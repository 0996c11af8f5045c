"""Shadow: softness, direction and depth on scenes whose light is known."""

from __future__ import annotations

import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.lighting import shadow
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(shadow.measure(Planes(rgb)).values)


class TestShadow(BaseAnalysisTest):
    analysis = shadow


def test_a_larger_lamp_gives_wider_penumbrae() -> None:
    """The softbox's shadow takes more of the picture to end than the bare bulb's."""
    soft = measured(scenes.one_soft_light().rgb)
    hard = measured(scenes.one_hard_light().rgb)
    assert soft["penumbra_percent"] > 2 * hard["penumbra_percent"]
    assert soft["edge_gradient_p50"] < hard["edge_gradient_p50"] / 2


def test_blurring_a_picture_never_hardens_its_shadows() -> None:
    rgb = scenes.hard_sun().rgb
    everywhere = np.ones(rgb.shape[:2], dtype=np.bool_)
    gradients = [measured(rgb)["edge_gradient_p50"]]
    gradients += [
        measured(scenes.blurred_where(rgb, everywhere, sigma_px))["edge_gradient_p50"]
        for sigma_px in (2.0, 4.0, 8.0)
    ]
    assert sorted(gradients, reverse=True) == gradients


@pytest.mark.parametrize(("light_deg", "sign"), [(180, -1), (0, 1)])
def test_side_of_the_light_is_the_sign_of_the_direction(light_deg: float, sign: int) -> None:
    """A ball lit from one side on an empty, even ground lightens towards that side."""
    rows, columns = np.mgrid[0:192, 0:192]
    towards = np.cos(np.radians(light_deg)) * (columns - 96) / 192 + 0.5
    rgb = scenes.encode(np.repeat(towards[:, :, None], 3, axis=2) * 0.6)
    assert rows.shape == rgb.shape[:2]
    values = measured(rgb)
    assert np.sign(values["direction_right"]) == sign
    assert abs(values["direction_right"]) > 0.9
    assert values["shading_variance"] < 0.1


def test_light_from_above_points_up() -> None:
    """Luma that rises upwards has a negative part downwards."""
    assert measured(scenes.seamless(subject=False).rgb)["direction_down"] < -0.9


def test_one_light_agrees_on_a_direction_and_two_opposed_lights_do_not() -> None:
    """The shading of a form filling the frame points one way, or two ways along one axis."""
    columns = np.mgrid[0:192, 0:192][1] / 192
    one = scenes.encode(np.repeat((0.1 + 0.5 * columns)[:, :, None], 3, axis=2))
    both = scenes.encode(np.repeat((0.1 + np.abs(columns - 0.5))[:, :, None], 3, axis=2))
    assert measured(one)["shading_variance"] < 0.1
    assert measured(both)["shading_variance"] > 0.9


def test_stripes_have_one_axis_whichever_way_they_are_looked_at() -> None:
    """Stripes cancel in the first harmonic and agree in the second."""
    columns = np.mgrid[0:192, 0:192][1]
    wave = 0.3 + 0.2 * np.sin(columns / 6)
    values = measured(scenes.encode(np.repeat(wave[:, :, None], 3, axis=2), noise_levels=0))
    assert values["direction_variance"] > 0.9
    assert values["direction_variance_2"] < 0.1


@pytest.mark.parametrize("gains", [(1.0, 0.85, 0.65), (0.75, 0.9, 1.0)], ids=["warm", "cool"])
def test_a_colour_cast_leaves_direction_alone(gains: tuple[float, float, float]) -> None:
    rgb = scenes.hard_sun().rgb
    plain, cast = measured(rgb), measured(scenes.cast(rgb, *gains))
    for name in ("direction_right", "direction_down", "shading_variance"):
        assert plain[name] == pytest.approx(cast[name], abs=0.05), name


def test_darkening_deepens_the_shadows() -> None:
    rgb = scenes.window_room().rgb
    plain, dark = measured(rgb), measured(scenes.cast(rgb, 0.3, 0.3, 0.3))
    assert dark["depth_level"] < plain["depth_level"]
    assert dark["dark_ratio"] > plain["dark_ratio"]


def test_foliage_breaks_dark_regions_up_and_a_studio_does_not() -> None:
    wood, studio = measured(scenes.overcast_wood().rgb), measured(scenes.one_hard_light().rgb)
    assert wood["outline_ratio"] > 4 * studio["outline_ratio"]


def test_blurring_the_backdrop_never_lowers_its_flatness() -> None:
    scene = scenes.seamless(noise_levels=6)
    blurred = scenes.blurred_where(scene.rgb, ~scene.subject, 3.0)
    assert measured(blurred)["flat_ratio"] >= measured(scene.rgb)["flat_ratio"]


def test_an_object_standing_on_paper_darkens_it_below() -> None:
    """The packshot's shadow line lies below the box; a ball floating free has none."""
    scene = scenes.packshot()
    lifted = scene.rgb.copy()
    lifted[236:] = 255
    assert measured(scene.rgb)["contact_drop"] >= measured(lifted)["contact_drop"]


def test_one_tone_has_no_depth_ratio_and_says_why() -> None:
    measurement = shadow.measure(Planes(np.full((64, 64, 3), 90, dtype=np.uint8)))
    assert measurement.values["depth_ratio"] is None
    assert measurement.missing["depth_ratio"] == "the picture has one tone"
