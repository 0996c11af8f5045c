"""Spectrum: a wave of known frequency and direction is found where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from studio_detector.planes.spectrum import SIDE_PX, power_spectrum


def wave(cycles_per_px: float, angle_deg: float, rows: int = 128, columns: int = 160) -> np.ndarray:
    row, column = np.mgrid[0:rows, 0:columns]
    angle = np.radians(angle_deg)
    phase = 2 * np.pi * cycles_per_px * (column * np.cos(angle) + row * np.sin(angle))
    return (128 + 50 * np.sin(phase)).astype(np.float32)


@pytest.mark.parametrize("cycles_per_px", [0.05, 0.11, 0.23])
@pytest.mark.parametrize("angle_deg", [0, 30, -60])
def test_a_wave_peaks_at_its_frequency_and_direction(
    cycles_per_px: float, angle_deg: float
) -> None:
    spectrum = power_spectrum(wave(cycles_per_px, angle_deg))
    peak = np.unravel_index(spectrum.power.argmax(), spectrum.power.shape)
    row_frequency = spectrum.row_frequency[peak[0], 0]
    column_frequency = spectrum.column_frequency[0, peak[1]]
    angle_found_deg = np.degrees(np.arctan2(row_frequency, column_frequency))
    assert cycles_per_px == pytest.approx(np.hypot(row_frequency, column_frequency), abs=0.01)
    assert angle_deg == pytest.approx(angle_found_deg, abs=6)
    assert cycles_per_px * 160 == pytest.approx(spectrum.cycles[peak], abs=1.6)


def test_a_constant_picture_has_no_power() -> None:
    assert power_spectrum(np.full((64, 64), 200, dtype=np.float32)).power.max() < 1e-6


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (300, 20), (512, 384)], ids=str)
def test_any_shape_has_a_finite_spectrum_within_the_largest_side(shape: tuple[int, int]) -> None:
    luma = np.random.default_rng(1).random(shape).astype(np.float32) * 255
    spectrum = power_spectrum(luma)
    assert np.isfinite(spectrum.power).all()
    assert max(spectrum.power.shape) <= SIDE_PX
    assert spectrum.power.shape == spectrum.cycles.shape
    assert (spectrum.power >= 0).all()


@pytest.mark.parametrize("columns", [160, 161], ids=["even", "odd"])
def test_power_adds_up_to_the_variance_of_the_luma(columns: int) -> None:
    """Parseval: a sine of amplitude 50 has a variance of 1250, wherever its phase lies."""
    spectrum = power_spectrum(wave(0.11, 20, columns=columns))
    assert spectrum.power.sum() == pytest.approx(50**2 / 2, rel=0.02)


def test_a_twice_larger_picture_has_its_peak_at_the_same_cycles() -> None:
    peaks = []
    for size in (1, 2):
        spectrum = power_spectrum(wave(0.1 / size, 0, rows=96 * size, columns=128 * size))
        peaks.append(spectrum.cycles.ravel()[spectrum.power.argmax()])
    assert peaks[0] == pytest.approx(peaks[1], abs=1)


def test_more_contrast_is_more_power() -> None:
    plain = wave(0.1, 0)
    strong = 128 + 2 * (plain - 128)
    ratio = power_spectrum(strong).power.sum() / power_spectrum(plain).power.sum()
    assert ratio == pytest.approx(4, rel=0.01)
