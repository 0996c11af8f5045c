"""Overlays of scenes whose truth is known, judged by their pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from studio_detector.planes import Planes
from studio_detector.reporting.overlays import draw
from studio_detector.reporting.overlays.canvas import grey_photo, size_of
from studio_detector.reporting.overlays.light_direction import light_direction
from studio_detector.reporting.overlays.palettes import (
    GREEN,
    ORANGE,
    PINK,
    YELLOW,
    sequential,
)
from studio_detector.reporting.overlays.power_spectrum import whole
from synthetic_scenes import (
    COLUMNS,
    ROWS,
    hard_sun,
    lamp_highlight,
    one_hard_light,
    one_soft_light,
    sample,
    scene,
    seamless,
)

#: The scenes fill a sheet of 512 columns.
SCALE = 512 / COLUMNS
EIGHT = range(0, 360, 45)


def _panel(name, planes):
    """The picture of an overlay without legend and mat."""
    rows, columns = size_of(planes)
    left = (512 - columns) // 2
    return draw(name, planes).rgb[:rows, left : left + columns]


def _is(rgb, colour):
    return (rgb == np.array(colour, dtype=np.uint8)).all(axis=2)


def _coloured(rgb):
    return np.ptp(rgb.astype(np.int16), axis=2) > 6


def _changed(panel, planes):
    """Where an overlay over a grey picture has painted."""
    return (panel != grey_photo(planes, size_of(planes))).any(axis=2)


def _apart_deg(first, second):
    return abs((first - second + 180) % 360 - 180)


def _enlarged(mask):
    size = (512, round(ROWS * SCALE))
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)


def _grown(mask, pixels):
    return cv2.dilate(
        mask.astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    ).astype(bool)


# Highlights


@pytest.mark.parametrize(("row", "column", "radius"), [(90, 260, 14), (200, 60, 20), (40, 340, 10)])
def test_the_lamp_is_marked_and_nothing_else(row, column, radius):
    """Colour lies on the lamp (its glow of a few pixels included) and nowhere else."""
    panel = _panel("highlights", Planes(lamp_highlight(row=row, column=column, radius=radius).rgb))

    down, right = np.mgrid[0 : panel.shape[0], 0 : panel.shape[1]]
    distance = np.hypot(down - row * SCALE, right - column * SCALE)
    coloured = _coloured(panel)
    assert coloured[distance < 0.6 * radius * SCALE].mean() > 0.5
    assert not coloured[distance > (radius + 8) * SCALE].any()


def test_a_round_lamp_scores_as_round():
    overlay = draw("highlights", Planes(sample("lamp_highlight")))

    assert overlay.caption.startswith("1 bright area ")
    score = float(overlay.caption.partition("mean score by area ")[2].split()[0].rstrip("."))
    assert score > 0.9


def test_a_dark_picture_has_no_highlight_marked():
    planes = Planes(np.full((200, 300, 3), 60, dtype=np.uint8))

    assert not _coloured(_panel("highlights", planes)).any()
    assert "Nothing is bright enough" in draw("highlights", planes).caption


def test_clipped_areas_are_striped():
    """A clipped half of a white field has orange stripes, the other half none."""
    rgb = np.full((200, 400, 3), 246, dtype=np.uint8)
    rgb[:, 200:] = 255
    stripes = _is(_panel("highlights", Planes(rgb)), ORANGE)

    assert not stripes[:, :240].any()
    assert 0.2 < stripes[:, 280:].mean() < 0.5


# Direction of the light


@pytest.mark.parametrize("scene_of", [one_soft_light, one_hard_light, hard_sun, seamless])
@pytest.mark.parametrize("light_deg", EIGHT)
def test_light_from_eight_sides_is_found(scene_of, light_deg):
    """Within 15 degrees: on paper, with hard shadows, on textured ground under a sky."""
    found = light_direction(Planes(scene_of(light_deg=light_deg).rgb))

    assert _apart_deg(found.from_deg, light_deg) < 15


@pytest.mark.parametrize("light_deg", EIGHT)
def test_the_lamp_drawn_stands_where_the_light_comes_from(light_deg):
    """Seen from the middle of the picture; only the lamp's disc survives erosion."""
    panel = _panel("gradient_direction", Planes(one_soft_light(light_deg=light_deg).rgb))
    yellow = _is(panel, YELLOW).astype(np.uint8)

    rows, columns = np.nonzero(cv2.erode(yellow, np.ones((11, 11), dtype=np.uint8)))

    angle = math.degrees(
        math.atan2(rows.mean() - panel.shape[0] / 2, columns.mean() - panel.shape[1] / 2)
    )
    assert _apart_deg(angle, light_deg) < 15


@pytest.mark.parametrize("scene_of", [one_soft_light, one_hard_light, seamless])
@pytest.mark.parametrize("light_deg", EIGHT)
def test_one_lamp_on_a_set_is_clear_enough_for_an_arrow(scene_of, light_deg):
    planes = Planes(scene_of(light_deg=light_deg).rgb)

    assert light_direction(planes).clear


@pytest.mark.parametrize("name", ["two_lights", "overcast_wood", "hard_sun", "low_key"])
def test_light_without_a_clear_direction_has_no_arrow(name):
    """Two lamps, no lamp, grass that agrees with nothing, or hardly any form to go by."""
    planes = Planes(sample(name))

    assert not _is(_panel("gradient_direction", planes), YELLOW).any()
    assert draw("gradient_direction", planes).caption.startswith("No arrow")


def test_hues_follow_the_direction_in_which_the_tone_rises():
    """A ramp to the right and one to the left get hues from opposite sides of the wheel."""
    ramp = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], 90, axis=0)
    rising = np.repeat(ramp, 3, axis=2)
    right, left = (
        _panel("gradient_direction", Planes(np.ascontiguousarray(rgb))).mean(axis=(0, 1))
        for rgb in (rising, rising[:, ::-1])
    )

    assert right[0] > right[2] + 20
    assert left[2] > left[0] + 20


# Gradient magnitude


def test_the_steepest_place_is_the_brightest():
    rgb = np.full((128, 256, 3), 40, dtype=np.uint8)
    rgb[:, 180:] = 200
    panel = _panel("gradient_magnitude", Planes(rgb)).astype(np.int16)
    yellow = (panel[:, :, 0] - panel[:, :, 2]).mean(axis=0)

    assert abs(int(np.argmax(yellow)) - 360) <= 4
    assert (panel[:, :340] == sequential()[0]).all()


# Shadows


def test_the_darkest_region_is_striped_and_nothing_else():
    """Under a hard light: the cast shadow and the ball's dark side, not the lit paper."""
    planes = Planes(sample("one_hard_light"))
    changed = _changed(_panel("shadow_softness", planes), planes)
    dark = _enlarged(planes.luma < 40)
    light = _enlarged(planes.luma > 120)

    assert changed[dark].mean() > 0.95
    assert changed[~_grown(~light, 6)].mean() == 0


def test_soft_shadows_end_in_lighter_lines():
    """On the dark-to-yellow scale of the outline."""
    warmth = {}
    for name in ("one_soft_light", "one_hard_light"):
        planes = Planes(sample(name))
        panel = _panel("shadow_softness", planes).astype(np.int16)
        line = _changed(panel, planes) & ~_enlarged(planes.shadow)
        warmth[name] = np.median((panel[:, :, 0] - panel[:, :, 2])[line])

    assert warmth["one_soft_light"] > warmth["one_hard_light"] + 40


# Colour temperature


@pytest.mark.parametrize("level", [30, 128, 220])
def test_grey_is_neutral_grey(level):
    panel = _panel("colour_temperature", Planes(np.full((120, 160, 3), level, dtype=np.uint8)))

    assert np.ptp(panel, axis=2).max() == 0


def test_warm_and_cool_halves_are_orange_and_blue():
    rgb = np.empty((160, 240, 3), dtype=np.uint8)
    rgb[:, :120], rgb[:, 120:] = (190, 150, 110), (110, 140, 190)
    panel = _panel("colour_temperature", Planes(rgb)).astype(np.int16)

    assert (panel[:, :240, 0] - panel[:, :240, 2]).min() > 40
    assert (panel[:, 280:, 2] - panel[:, 280:, 0]).min() > 40


# Backdrop


@pytest.mark.parametrize("light_deg", [225, 0])
def test_the_backdrop_covers_the_seamless_and_not_the_subject(light_deg):
    found = seamless(light_deg=light_deg)
    planes = Planes(found.rgb)
    changed = _changed(_panel("backdrop", planes), planes)
    subject = _enlarged(found.subject)

    # The backdrop ends half a smoothing window before the subject.
    assert changed[~_grown(subject, 20)].mean() > 0.98
    assert changed[subject].mean() < 0.03


def test_an_even_fall_of_light_leaves_no_residual():
    """A lamp's pool on the paper does: it is lighter than the surface there."""
    even = Planes(seamless(subject=False, noise_levels=0).rgb)
    lamp = Planes(sample("window_room"))

    assert np.ptp(_panel("backdrop", even).astype(np.int16)[20:-20, 20:-20], axis=2).max() < 60
    assert _coloured(_panel("backdrop", lamp)).any()


# Frequency


@pytest.mark.parametrize("cycles", [5, 20, 50])
@pytest.mark.parametrize("upright", [True, False])
def test_a_sine_peaks_at_its_frequency(cycles, upright):
    wave = np.sin(np.arange(256) / 256 * cycles * 2 * np.pi)
    grey = np.rint(128 + 60 * np.tile(wave, (256, 1))).astype(np.uint8)
    rgb = np.repeat((grey if upright else grey.T)[:, :, None], 3, axis=2)
    planes = Planes(np.ascontiguousarray(rgb))

    row, column = np.unravel_index(np.argmax(whole(planes.reduced.spectrum)), (256, 256))
    down, right = abs(int(row) - 128), abs(int(column) - 128)
    assert (0, cycles) == ((down, right) if upright else (right, down))

    square = draw("power_spectrum", planes).rgb[:256, :256].astype(np.int16)
    brightest = np.argmax(square[:, :, 0] - square[:, :, 2])
    radius = math.dist(np.unravel_index(brightest, (256, 256)), (128, 128))
    assert abs(radius - cycles) <= 1.5


def test_the_whole_spectrum_mirrors_itself():
    """Power of a real picture is the same at opposite frequencies."""
    square = whole(Planes(sample("hard_sun")).reduced.spectrum)[1:, 1:]

    assert np.array_equal(square, square[::-1, ::-1])


# Focus


@pytest.mark.parametrize(("row", "column"), [(1, 6), (5, 2)])
def test_the_sharpest_cell_is_framed(row, column):
    rng = np.random.default_rng(2)
    rgb = cv2.GaussianBlur(rng.integers(0, 256, (256, 256, 3), dtype=np.uint8), (0, 0), 4)
    place = np.s_[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32]
    rgb[place] = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    rows, columns = np.nonzero(_is(_panel("focus_grid", Planes(rgb)), ORANGE))

    assert (rows.min() // 64, rows.max() // 64) == (row, row)
    assert (columns.min() // 64, columns.max() // 64) == (column, column)


# Composition


@pytest.mark.parametrize(("row", "column"), [(0.3, 0.7), (0.6, 0.25)])
def test_the_cross_stands_on_the_only_thing_to_look_at(row, column):
    rgb = np.full((240, 240, 3), 120, dtype=np.uint8)
    centre = (round(column * 240), round(row * 240))
    cv2.circle(rgb, centre, 14, (250, 250, 250), -1)
    rows, columns = np.nonzero(_is(_panel("saliency", Planes(rgb)), ORANGE))

    assert abs(rows.mean() / 512 - row) < 0.02
    assert abs(columns.mean() / 512 - column) < 0.02


# Texture


def test_an_even_strip_has_one_pair_and_a_textured_one_many():
    """The matrices of the left and the right strip, found by the colour of their frames."""
    rng = np.random.default_rng(6)
    rgb = np.full((240, 240, 3), 100, dtype=np.uint8)
    rgb[:, 180:] = rng.integers(0, 256, (240, 60, 3), dtype=np.uint8)
    planes = Planes(rgb)
    legend = draw("texture_regions", planes).rgb[size_of(planes)[0] :]
    counts = {}
    for name, colour in (("left", GREEN), ("right", PINK)):
        rows, columns = np.nonzero(_is(legend, colour))
        matrix = legend[rows.min() + 4 : rows.max() - 3, columns.min() + 4 : columns.max() - 3]
        cells = matrix[5::10, 5::10].reshape(-1, 3)
        counts[name] = int((cells != sequential()[0]).any(axis=1).sum())

    assert counts["left"] == 1
    assert counts["right"] > 20


def test_scenes_are_what_these_tests_take_them_for():
    """One ball in the middle; otherwise the margins above would mean nothing."""
    mask = scene("one_soft_light").subject

    assert 0.05 < mask.mean() < 0.2
    assert mask[ROWS // 2, COLUMNS // 2]
