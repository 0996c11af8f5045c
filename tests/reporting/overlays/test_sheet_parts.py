"""Palettes, words, legends and files."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio_detector.reporting.overlays import jpeg_bytes, png_bytes
from studio_detector.reporting.overlays.canvas import panel_size, repeated
from studio_detector.reporting.overlays.legends import Swatch, note, scale_bar, swatches
from studio_detector.reporting.overlays.lettering import width_px, wrapped
from studio_detector.reporting.overlays.palettes import (
    DIVERGING_SIDE,
    diverging,
    diverging_rgb,
    sequential,
    wheel_rgb,
)
from synthetic_scenes import sample


def _lightness(table):
    return cv2.cvtColor(table[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)


def test_scales_can_be_read_without_colour():
    """The sequential one rises in lightness; the diverging one falls to both sides."""
    assert (np.diff(_lightness(sequential())) >= -1).all()
    light = _lightness(diverging())
    assert (np.diff(light[: DIVERGING_SIDE + 1]) >= -1).all()
    assert (np.diff(light[DIVERGING_SIDE:]) <= 1).all()


@given(st.floats(0.1, 200))
def test_nothing_is_grey_and_signs_are_opposite_hues(limit):
    middle, high, low = diverging_rgb(np.array([0.0, limit, -2 * limit]), limit).astype(int)

    assert np.ptp(middle) == 0
    assert high[0] > high[2]
    assert low[2] > low[0]


@given(st.floats(-720, 720))
def test_the_wheel_has_no_seam(direction_deg):
    here, turned = wheel_rgb(np.array([direction_deg, direction_deg + 360]))
    near = wheel_rgb(np.array([direction_deg + 2.0]))[0]

    assert np.array_equal(here, turned)
    assert np.abs(here.astype(int) - near).max() < 30


@given(st.lists(st.text("abcdef", min_size=1, max_size=12), max_size=20), st.integers(40, 300))
def test_wrapping_keeps_every_word_and_fits(words, room_px):
    lines = wrapped(" ".join(words), room_px)

    assert " ".join(lines).split() == words
    assert all(width_px(line) <= room_px or " " not in line for line in lines)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_panels_fit_the_sheet_and_can_be_seen(rows, columns):
    high, wide = panel_size(rows, columns)

    assert max(high, wide) == 512
    assert min(high, wide) >= 16


def test_repeating_shows_every_pixel_alike():
    assert np.array_equal(
        repeated(np.array([[1, 2], [3, 4]]), (4, 6)),
        np.kron([[1, 2], [3, 4]], np.ones((2, 3), dtype=int)),
    )


@pytest.mark.parametrize(
    "strip",
    [
        note("word " * 60),
        note(""),
        scale_bar(
            sequential(), [(0, "0"), (1, "1")], low_words="low " * 15, high_words="high " * 9
        ),
        swatches([Swatch(words="sign " * 8, colour=(1, 2, 3))] * 5),
    ],
)
def test_legends_keep_their_words_off_the_edge(strip):
    """Whatever the words: white all around, 512 columns."""
    assert strip.shape[1:] == (512, 3)
    for edge in (strip[:1], strip[-1:], strip[:, :8], strip[:, -8:]):
        assert (edge == 255).all()


def test_png_keeps_every_pixel_and_jpeg_the_size():
    rgb = sample("packshot")

    assert np.array_equal(rgb, np.array(Image.open(BytesIO(png_bytes(rgb)))))
    small, large = jpeg_bytes(rgb, 40), jpeg_bytes(rgb, 90)
    assert len(small) < len(large)
    assert Image.open(BytesIO(large)).size == (rgb.shape[1], rgb.shape[0])
    assert large == jpeg_bytes(rgb.copy(), 90)
