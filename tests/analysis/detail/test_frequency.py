"""Frequency: known spectra are recovered, and known pictures are told apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import synthetic_scenes as scenes
from analysis.base_analysis_test import BaseAnalysisTest
from studio_detector.analysis.detail import frequency
from studio_detector.planes import Planes


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    return dict(frequency.measure(Planes(rgb)).values)


def grey(luma: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(np.rint(luma), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def power_law_noise(exponent: float, seed: int = 0, side: int = 256) -> np.ndarray:
    """Noise whose power falls with frequency to the given (negative) exponent."""
    rng = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    radius = np.hypot(rows, columns)
    radius[0, 0] = np.inf
    white = np.fft.rfft2(rng.standard_normal((side, side)))
    noise = np.fft.irfft2(white * radius ** (exponent / 2), s=(side, side))
    return grey(128 + 40 * noise / noise.std())


def waves(angle_deg: float, cycles: float = 24, side: int = 256) -> np.ndarray:
    rows, columns = np.mgrid[:side, :side] / side
    angle = np.radians(angle_deg)
    return grey(
        128 + 80 * np.sin(2 * np.pi * cycles * (columns * np.cos(angle) + rows * np.sin(angle)))
    )


class TestFrequency(BaseAnalysisTest):
    analysis = frequency
    # Halved, the scenes have 192 px: the two finest rings of the spectrum are not in them,
    # and 24 blocks, each a sixth of the side, take the place of 48.
    size_sensitive = frozenset({"slope_curvature_db", "soft_block_ratio"})


@pytest.mark.parametrize("exponent", [-1.0, -2.0, -3.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_slope_of_power_law_noise_is_recovered(exponent: float, seed: int) -> None:
    values = measured(power_law_noise(exponent, seed))
    assert exponent == pytest.approx(values["slope"], abs=0.15)
    assert values["slope_residual_db"] < 1.5
    assert abs(values["slope_curvature_db"]) < 0.6


def test_blurring_the_whole_picture_moves_power_to_coarse_scales() -> None:
    rgb = scenes.overcast_wood().rgb
    plain = measured(rgb)
    blurred = measured(cv2.GaussianBlur(rgb, (0, 0), 4))
    assert blurred["fine_share_db"] < plain["fine_share_db"] - 3
    assert blurred["coarse_share_db"] > plain["coarse_share_db"]
    assert blurred["slope"] < plain["slope"]
    assert blurred["slope_curvature_db"] < plain["slope_curvature_db"]
    assert blurred["centroid_octaves"] < plain["centroid_octaves"]
    assert blurred["border_fine_power_db"] < plain["border_fine_power_db"]


@pytest.mark.parametrize(
    ("cycles", "name"), [(6, "coarse_share_db"), (20, "middle_share_db"), (60, "fine_share_db")]
)
def test_a_wave_falls_into_its_band(cycles: float, name: str) -> None:
    assert measured(waves(20, cycles))[name] == pytest.approx(0, abs=0.5)


def test_turning_by_90_degrees_swaps_upright_and_lying_structure() -> None:
    rgb = waves(10)
    plain, turned = measured(rgb), measured(np.ascontiguousarray(np.rot90(rgb)))
    assert plain["upright_balance"] > 0.8
    for name in ("upright_balance", "form_upright_balance"):
        assert turned[name] == pytest.approx(-plain[name], abs=0.02)
    for name in ("anisotropy", "fourfold_anisotropy", "cardinal_balance", "slope"):
        assert turned[name] == pytest.approx(plain[name], abs=0.02)


@pytest.mark.parametrize(("angle_deg", "sign"), [(0, 1), (90, 1), (45, -1), (-45, -1)])
def test_diagonals_and_cardinals_have_opposite_balance(angle_deg: float, sign: int) -> None:
    values = measured(waves(angle_deg))
    assert values["cardinal_balance"] * sign > 0.9
    assert values["anisotropy"] > 0.9


def test_noise_has_no_direction() -> None:
    values = measured(power_law_noise(-2))
    assert values["anisotropy"] < 0.1
    assert values["fourfold_anisotropy"] < 0.1


def test_a_subject_on_a_plain_ground_leaves_flat_blocks_at_the_border() -> None:
    alone = np.full((256, 256, 3), 220, dtype=np.uint8)
    alone[80:176, 80:176] = power_law_noise(-1)[80:176, 80:176]
    full = measured(power_law_noise(-1))
    values = measured(alone)
    assert values["flat_border_block_ratio"] == 1
    assert full["flat_border_block_ratio"] == 0
    assert values["centre_border_fine_db"] > 20 > full["centre_border_fine_db"]
    assert values["power_inequality"] > full["power_inequality"] + 0.3
    assert full["busy_border_block_ratio"] == 1
    assert values["border_coarse_power_db"] < full["border_coarse_power_db"]


def test_structure_without_detail_counts_as_soft() -> None:
    noise = power_law_noise(-2)
    plain, soft = measured(noise), measured(cv2.GaussianBlur(noise, (0, 0), 6))
    assert plain["soft_block_ratio"] == 0
    assert soft["soft_block_ratio"] > 0.5
    assert soft["soft_border_block_ratio"] > 0.5


def test_brightness_alone_changes_nothing() -> None:
    """The mean is removed before the transform, in the blocks too."""
    rgb = power_law_noise(-2) // 2
    plain, brighter = measured(rgb), measured(rgb + np.uint8(60))
    assert plain == pytest.approx(brighter, abs=0.02)


def test_what_a_picture_is_too_small_for_is_missing_with_the_reason() -> None:
    small = frequency.measure(Planes(power_law_noise(-2)[:120, :120]))
    assert small.values["fine_share_db"] is None
    assert "204 px" in small.missing["fine_share_db"]
    assert small.values["slope"] is not None
    strip = frequency.measure(Planes(power_law_noise(-2)[:60]))
    assert strip.values["flat_block_ratio"] is None
    assert "blocks" in strip.missing["flat_block_ratio"]


def test_one_tone_has_no_spectrum() -> None:
    flat = frequency.measure(Planes(np.full((200, 300, 3), 90, dtype=np.uint8)))
    assert set(flat.values.values()) == {None}
    assert set(flat.missing.values()) == {"the picture is one flat tone"}
