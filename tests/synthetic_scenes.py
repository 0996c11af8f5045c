"""Rendered scenes whose light is known: what the analyses are checked against.

Light is computed linearly and encoded as sRGB at the end, with a little sensor noise, so
that gradients, penumbrae and casts behave as in a photograph. Sizes are in pixels,
directions in degrees (0 = from the right, 90 = from below, as rows grow downwards).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.bool_]
    Linear = npt.NDArray[np.float64]

ROWS = 288
COLUMNS = 384
#: Relative linear RGB of direct sun and of the open sky that fills its shadows.
SUN = (1.0, 0.92, 0.80)
SKY = (0.55, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """A rendered picture with its truth.

    Attributes:
        rgb: uint8 (rows, columns, 3), sRGB.
        subject: bool (rows, columns): where the subject is.
        lamp: Where a lamp's highlight is: row, column, radius; None without one.
    """

    rgb: Rgb
    subject: Mask
    lamp: tuple[float, float, float] | None = None


def encode(linear: Linear, *, noise_levels: float = 1.0, seed: int = 7) -> Rgb:
    """Encode linear 0..1 RGB as sRGB bytes with Gaussian noise of so many levels."""
    linear = np.clip(linear, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    noise = np.random.default_rng(seed).normal(0, noise_levels, coded.shape)
    return (coded * 255 + noise).round().clip(0, 255).astype(np.uint8)


def cast(rgb: Rgb, red: float, green: float, blue: float) -> Rgb:
    """The picture under another white balance: linear channels times these gains."""
    coded = rgb.astype(np.float64) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return encode(linear * np.array([red, green, blue]), noise_levels=0)


def as_jpeg(rgb: Rgb, quality: int = 85) -> Rgb:
    """The picture after one round of JPEG coding."""
    _, data = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def halved(rgb: Rgb) -> Rgb:
    """The picture at half its size, by area averaging."""
    rows, columns = rgb.shape[:2]
    return cv2.resize(rgb, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)


def mirrored(rgb: Rgb) -> Rgb:
    """The picture with left and right exchanged."""
    return np.ascontiguousarray(rgb[:, ::-1])


def blurred_where(rgb: Rgb, mask: Mask, sigma_px: float) -> Rgb:
    """The picture with a Gaussian blur inside a mask only."""
    soft = cv2.GaussianBlur(rgb, (0, 0), sigma_px)
    return np.where(mask[:, :, None], soft, rgb)


def seamless(
    *,
    top: float = 0.75,
    bottom: float = 0.35,
    tint: tuple[float, float, float] = (1, 1, 1),
    subject: bool = True,
    noise_levels: float = 1.0,
    light_deg: float = 225,
) -> Scene:
    """A ball before a seamless backdrop that falls smoothly from ``top`` to ``bottom``."""
    rows, columns = _axes()
    fall = bottom + (top - bottom) * (1 - rows / ROWS) ** 1.5
    linear = fall[:, :, None] * np.ones((ROWS, COLUMNS, 1)) * np.array(tint)
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    if subject:
        mask, shade = _ball(rows, columns, [(light_deg, 1.0)], hardness=0.3)
        linear = _painted(linear, mask, shade, (0.55, 0.16, 0.10))
    return Scene(rgb=encode(linear, noise_levels=noise_levels), subject=mask)


def one_soft_light(*, light_deg: float = 200) -> Scene:
    """A ball on mid-grey paper under one large softbox, with a soft shadow beside it."""
    return _lit([(light_deg, 1.0)], penumbra_px=26, hardness=0.35)


def one_hard_light(*, light_deg: float = 200) -> Scene:
    """The same under a small bare lamp: the shadow has a sharp outline."""
    return _lit([(light_deg, 1.0)], penumbra_px=1.2, hardness=1.0)


def two_lights() -> Scene:
    """The same between two equal lights, left and right: two shadows, none dominant."""
    return _lit([(180, 0.5), (0, 0.5)], penumbra_px=12, hardness=0.6)


def _lit(lights: list[tuple[float, float]], *, penumbra_px: float, hardness: float) -> Scene:
    rows, columns = _axes()
    mask, shade = _ball(rows, columns, lights, hardness=hardness)
    light = np.ones((ROWS, COLUMNS))
    for direction_deg, power in lights:
        away = np.radians(direction_deg + 180)
        cast_shadow = np.roll(
            mask.astype(np.float64),
            (round(60 * np.sin(away)), round(60 * np.cos(away))),
            axis=(0, 1),
        )
        light -= 0.85 * power * cv2.GaussianBlur(cast_shadow, (0, 0), penumbra_px)
    linear = 0.28 * light[:, :, None] * np.ones(3)
    return Scene(rgb=encode(_painted(linear, mask, shade, (0.45, 0.35, 0.25))), subject=mask)


def hard_sun(*, seed: int = 3, light_deg: float = 215) -> Scene:
    """A ball on grass under a blue sky: sharp shadow, warm sun, blue fill."""
    rows, columns = _axes()
    rng = np.random.default_rng(seed)
    horizon = 0.45 * ROWS
    texture = _texture(rng, ROWS, COLUMNS)
    grass = np.array([0.16, 0.24, 0.05]) * (0.45 + 1.1 * texture[:, :, None])
    sky = np.array([0.30, 0.50, 0.90]) * (1 - 0.35 * (1 - rows / ROWS)[:, :, None])
    mask, shade = _ball(rows, columns, [(light_deg, 1.0)], hardness=1.0)
    away = np.radians(light_deg + 180)
    shadow = np.roll(
        mask.astype(np.float64), (round(55 * np.sin(away)), round(70 * np.cos(away))), (0, 1)
    )
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1.0)[:, :, None]
    ground = grass * (np.array(SUN) * 1.6 * (1 - shadow) + 0.18 * np.array(SKY))
    linear = np.where((rows > horizon)[:, :, None], ground, sky)
    paint = np.array([0.6, 0.5, 0.45])
    ball = paint * (1.3 * shade[:, :, None] * np.array(SUN) + 0.15 * np.array(SKY))
    return Scene(rgb=encode(np.where(mask[:, :, None], ball, linear)), subject=mask)


def overcast_wood(*, seed: int = 5) -> Scene:
    """Foliage under a grey sky: texture everywhere, no shadow edges, no backdrop."""
    rng = np.random.default_rng(seed)
    texture = _texture(rng, ROWS, COLUMNS)
    leaves = np.array([0.13, 0.20, 0.07]) * (0.2 + 1.6 * texture[:, :, None])
    gaps = (_texture(rng, ROWS, COLUMNS) > 0.72)[:, :, None]
    linear = np.where(gaps, 0.85, leaves)
    return Scene(rgb=encode(linear), subject=np.zeros((ROWS, COLUMNS), dtype=np.bool_))


def window_room(*, seed: int = 9) -> Scene:
    """A room with a bright window at the left, a warm lamp at the right and shelves."""
    rows, columns = _axes()
    rng = np.random.default_rng(seed)
    daylight = np.exp(-columns / (0.35 * COLUMNS))[:, :, None] * np.array(SKY)
    lamp = np.exp(-np.hypot(rows - 90, columns - 330) / 70)[:, :, None]
    lamp = lamp * np.array([1.0, 0.6, 0.25])
    shelves = 0.25 + 0.5 * (np.sin(rows / 11) > 0.3) * (0.5 + 0.5 * _texture(rng, ROWS, COLUMNS))
    linear = shelves[:, :, None] * (0.9 * daylight + 0.8 * lamp + 0.03)
    window = (columns < 60) & (rows > 40) & (rows < 200)
    linear = np.where(window[:, :, None], 1.2, linear)
    return Scene(rgb=encode(linear, noise_levels=3), subject=np.zeros_like(window))


def packshot(*, seed: int = 11) -> Scene:
    """A patterned box on pure white, cut out: nothing touches the border."""
    rows, columns = _axes()
    rng = np.random.default_rng(seed)
    mask = (np.abs(rows - 150) < 85) & (np.abs(columns - 190) < 60)
    blocks = rng.random((12, 8, 3)) * 0.7
    pattern = cv2.resize(blocks, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST)
    shadow = np.exp(-((rows - 238) ** 2) / 40 - ((columns - 190) / 60) ** 4)
    linear = np.ones((ROWS, COLUMNS, 3)) * (1 - 0.5 * shadow)[:, :, None]
    linear = np.where(mask[:, :, None], pattern, linear)
    return Scene(rgb=encode(linear, noise_levels=0.5), subject=mask)


def low_key(*, seed: int = 13) -> Scene:
    """A figure on black with a rim of light along its left side."""
    rows, columns = _axes()
    head = np.hypot((rows - 110) / 75, (columns - 192) / 55) < 1
    body = (rows > 170) & (np.abs(columns - 192) < 40 + 0.9 * (rows - 170))
    mask = head | body
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.exp(-depth / 4) * (columns < 192)
    fill = 0.05 + 0.25 * np.clip((columns - 120) / 200, 0, 1)
    skin = (fill + 0.8 * rim)[:, :, None] * np.array([0.8, 0.55, 0.42])
    linear = np.where(mask[:, :, None], skin, 0.004)
    return Scene(rgb=encode(linear, seed=seed), subject=mask)


def lamp_highlight(*, row: float = 90, column: float = 260, radius: float = 14) -> Scene:
    """A dim grey field with one round, saturated lamp at a known place."""
    rows, columns = _axes()
    distance = np.hypot(rows - row, columns - column)
    linear = np.full((ROWS, COLUMNS, 3), 0.12)
    linear += np.exp(-np.maximum(distance - radius, 0) / 3)[:, :, None]
    subject = distance < radius
    return Scene(rgb=encode(linear), subject=subject, lamp=(row, column, radius))


_SCENES = {
    "seamless": seamless,
    "one_soft_light": one_soft_light,
    "one_hard_light": one_hard_light,
    "two_lights": two_lights,
    "hard_sun": hard_sun,
    "overcast_wood": overcast_wood,
    "window_room": window_room,
    "packshot": packshot,
    "low_key": low_key,
    "lamp_highlight": lamp_highlight,
}
#: Names of the scenes every analysis is tried on.
SAMPLES = tuple(_SCENES)


@cache
def scene(name: str) -> Scene:
    """A sample scene by name, rendered once."""
    return _SCENES[name]()


def sample(name: str) -> Rgb:
    """A fresh copy of a sample scene's pixels."""
    return scene(name).rgb.copy()


def _axes() -> tuple[Linear, Linear]:
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    return rows, columns


def _ball(
    rows: Linear, columns: Linear, lights: list[tuple[float, float]], *, hardness: float
) -> tuple[Mask, Linear]:
    """A ball in the middle: its mask and its shading; hardness 1 is a point source."""
    radius = 62
    across = (columns - COLUMNS / 2) / radius
    down = (rows - ROWS / 2) / radius
    mask = np.hypot(across, down) < 1
    towards = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    shade = np.zeros_like(across)
    for direction_deg, power in lights:
        angle = np.radians(direction_deg)
        cosine = 0.85 * (across * np.cos(angle) + down * np.sin(angle)) + 0.53 * towards
        wrap = 1 - hardness
        shade += power * np.clip((cosine + wrap) / (1 + wrap), 0, 1)
    return mask, shade


def _painted(
    linear: Linear, mask: Mask, shade: Linear, paint: tuple[float, float, float]
) -> Linear:
    return np.where(mask[:, :, None], (shade[:, :, None] + 0.03) * np.array(paint), linear)


def _texture(rng: np.random.Generator, rows: int, columns: int) -> Linear:
    """Noise with detail at three scales: 0..1."""
    total = np.zeros((rows, columns))
    for cell, weight in ((2, 0.4), (6, 0.35), (24, 0.25)):
        small = rng.random((rows // cell + 2, columns // cell + 2))
        total += weight * cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    low, high = total.min(), total.max()
    return (total - low) / (high - low)
