"""A small renderer of balls and boxes under lamps, sun and sky: light is computed linearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Floats = npt.NDArray[np.float32]
Colour = tuple[float, float, float]
Place = tuple[float, float, float]

_FAR = 1e6
_NEAR = 1e-3
_SAMPLES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Ball:
    """A ball.

    Attributes:
        at: Its middle: right, up, away; metres.
        radius: Metres.
        paint: Linear RGB, 0..1.
        gloss: Strength of its highlights, 0..1.
    """

    at: Place
    radius: float
    paint: Colour
    gloss: float = 0.35

    def met(self, origin: Floats, way: Floats) -> Floats:
        """How far rays go until they meet it; very far where they do not."""
        to = origin - np.array(self.at, np.float32)
        half = np.sum(to * way, axis=-1)
        inside = half * half - np.sum(to * to, axis=-1) + self.radius**2
        far = -half - np.sqrt(np.maximum(inside, 0))
        return np.where((inside > 0) & (far > _NEAR), far, _FAR).astype(np.float32)

    def normal(self, place: Floats) -> Floats:
        """Away from its surface."""
        return (place - np.array(self.at, np.float32)) / np.float32(self.radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box that stands straight.

    Attributes:
        at: Its middle, as of `Ball`.
        half: Half of its sides, metres.
        paint: Linear RGB, 0..1.
        gloss: As of `Ball`.
    """

    at: Place
    half: Place
    paint: Colour
    gloss: float = 0.05

    def met(self, origin: Floats, way: Floats) -> Floats:
        """How far rays go until they meet it; very far where they do not."""
        safe = np.where(np.abs(way) < _NEAR**2, np.float32(_NEAR**2), way)
        low = (np.array(self.at, np.float32) - np.array(self.half, np.float32) - origin) / safe
        high = (np.array(self.at, np.float32) + np.array(self.half, np.float32) - origin) / safe
        enter = np.max(np.minimum(low, high), axis=-1)
        leave = np.min(np.maximum(low, high), axis=-1)
        return np.where((enter < leave) & (enter > _NEAR), enter, _FAR).astype(np.float32)

    def normal(self, place: Floats) -> Floats:
        """Away from the side that a place of its surface is on."""
        inside = (place - np.array(self.at, np.float32)) / np.array(self.half, np.float32)
        side = np.argmax(np.abs(inside), axis=-1)[..., None]
        found = np.zeros_like(place)
        np.put_along_axis(found, side, np.sign(np.take_along_axis(inside, side, -1)), -1)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """Light from one side, as far away as the sun.

    Attributes:
        towards: Where it stands: right, up, away.
        colour: Linear RGB.
        softness: How wide it is: 0 a point, 0.5 a large softbox.
    """

    towards: Place
    colour: Colour
    softness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is rendered.

    Attributes:
        things: What stands there.
        lamps: What lights it.
        fill: Linear RGB of the light from all sides.
        ground: Paint of the ground at places, (..., 3) metres -> linear RGB.
        behind: Light that comes from behind all things, by ways, (..., 3) -> linear RGB.
        haze_m: Distance at which the ground has become what is behind it; 0 without end.
        noise_levels: Of the sensor.
    """

    things: Sequence[Ball | Box]
    lamps: Sequence[Lamp]
    fill: Colour
    ground: Callable[[Floats], Floats]
    behind: Callable[[Floats], Floats]
    haze_m: float = 0.0
    noise_levels: float = 1.5


def rendered(scene: Scene, *, columns: int, rows: int, seed: int) -> npt.NDArray[np.uint8]:
    """A picture of a scene: uint8 (rows, columns, 3), sRGB.

    Args:
        scene: What is to be seen.
        columns: Width, px.
        rows: Height, px.
        seed: Of the noise.
    """
    rng = np.random.default_rng(seed)
    origin = np.array([0, 1.35, -6.2], np.float32)
    ways = _ways(columns * 3 // 2, rows * 3 // 2)
    linear = _light(scene, np.broadcast_to(origin, ways.shape), ways, rng)
    small = cv2.resize(linear, (columns, rows), interpolation=cv2.INTER_AREA)
    small = np.clip(small, 0, 1)
    coded = np.where(small <= 0.0031308, 12.92 * small, 1.055 * small ** (1 / 2.4) - 0.055)
    noisy = coded * 255 + rng.normal(0, scene.noise_levels, coded.shape)
    return np.asarray(noisy.round().clip(0, 255), dtype=np.uint8)


def _ways(columns: int, rows: int) -> Floats:
    """Where each pixel looks to, a little downwards."""
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x = (across - columns / 2) / (0.5 * max(columns, rows)) * 0.42
    y = -(down - rows / 2) / (0.5 * max(columns, rows)) * 0.42 - 0.11
    ways = np.stack([x, y, np.ones_like(x)], axis=-1)
    return np.asarray(ways / np.linalg.norm(ways, axis=-1, keepdims=True), np.float32)


def _light(scene: Scene, origin: Floats, ways: Floats, rng: np.random.Generator) -> Floats:
    down = ways[..., 1]
    far = np.where(down < -_NEAR, -origin[..., 1] / np.minimum(down, -_NEAR), _FAR)
    far = far.astype(np.float32)
    which = np.full(far.shape, -1)
    for at, thing in enumerate(scene.things):
        met = thing.met(origin, ways)
        which = np.where(met < far, at, which)
        far = np.minimum(far, met)
    place = origin + ways * np.minimum(far, _FAR / 10)[..., None]
    normal = np.zeros_like(place)
    normal[..., 1] = 1
    paint = scene.ground(place)
    gloss = np.zeros_like(far)
    for at, thing in enumerate(scene.things):
        mine = which == at
        normal[mine] = thing.normal(place[mine])
        paint[mine] = thing.paint
        gloss[mine] = thing.gloss
    lit = paint * _fallen(scene, place, normal)
    shine = np.zeros_like(paint)
    for lamp in scene.lamps:
        seen = _seen(scene, place, normal, lamp, rng)
        colour = np.array(lamp.colour, np.float32)
        lit = lit + paint * colour * (seen * _facing(normal, lamp))[..., None]
        shine = shine + colour * (seen * _highlight(normal, ways, lamp) * gloss)[..., None]
    behind = scene.behind(ways)
    share = np.zeros_like(far) if not scene.haze_m else np.clip(far / scene.haze_m, 0, 1) ** 2
    share = np.where(which >= 0, 0, share)
    share = np.where(far >= _FAR / 10, 1, share)[..., None]
    return np.asarray((lit + shine) * (1 - share) + behind * share, np.float32)


def _fallen(scene: Scene, place: Floats, normal: Floats) -> Floats:
    """Light from all sides; less of it under things that stand on the ground."""
    open_to_sky = 0.6 + 0.4 * normal[..., 1]
    for thing in scene.things:
        size = thing.radius if isinstance(thing, Ball) else max(thing.half[0], thing.half[2])
        beside = np.hypot(place[..., 0] - thing.at[0], place[..., 2] - thing.at[2]) / size
        near_ground = np.exp(-np.maximum(place[..., 1], 0) / (0.5 * size))
        open_to_sky = open_to_sky * (1 - 0.55 * near_ground * np.exp(-(beside**2)))
    return np.asarray(open_to_sky[..., None] * np.array(scene.fill), np.float32)


def _seen(
    scene: Scene, place: Floats, normal: Floats, lamp: Lamp, rng: np.random.Generator
) -> Floats:
    """Which share of a lamp is seen from places."""
    towards = _unit(lamp.towards)
    origin = place + normal * np.float32(0.004)
    seen = np.zeros(place.shape[:-1], np.float32)
    samples = _SAMPLES if lamp.softness > 0.02 else 1
    for _ in range(samples):
        jitter = rng.normal(0, lamp.softness, place.shape).astype(np.float32)
        ways = towards + jitter
        ways /= np.linalg.norm(ways, axis=-1, keepdims=True)
        is_free = np.ones(seen.shape, np.bool_)
        for thing in scene.things:
            is_free &= thing.met(origin, ways) >= _FAR
        seen += is_free
    return seen / np.float32(samples)


def _facing(normal: Floats, lamp: Lamp) -> Floats:
    # A wide lamp reaches round the edge of what it lights.
    wrap = min(0.6, lamp.softness)
    cosine = np.sum(normal * _unit(lamp.towards), axis=-1)
    return np.asarray(np.clip((cosine + wrap) / (1 + wrap), 0, 1), np.float32)


def _highlight(normal: Floats, ways: Floats, lamp: Lamp) -> Floats:
    between = _unit(lamp.towards) - ways
    between /= np.linalg.norm(between, axis=-1, keepdims=True)
    sharpness = 20 / (0.05 + lamp.softness)
    cosine = np.clip(np.sum(normal * between, axis=-1), 0, 1)
    return np.asarray(cosine**sharpness, np.float32)


def _unit(towards: Place) -> Floats:
    way = np.array(towards, np.float32)
    return np.asarray(way / np.linalg.norm(way), np.float32)
