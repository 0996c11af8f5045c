"""Two dozen made-up photographs, in studios and outside them, with names as people give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tools.page_pictures.render import Ball, Box, Lamp, Scene, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from tools.page_pictures.render import Colour, Floats, Place

_QUALITY = 90
_WARM: Colour = (1.0, 0.72, 0.42)
_SUN: Colour = (1.0, 0.92, 0.80)
_SKY: Colour = (0.42, 0.60, 0.95)
_PAINTS: tuple[Colour, ...] = (
    (0.62, 0.09, 0.07),
    (0.06, 0.24, 0.42),
    (0.72, 0.46, 0.06),
    (0.09, 0.33, 0.15),
    (0.36, 0.13, 0.35),
    (0.68, 0.62, 0.55),
)


def photos(long_px: int = 720) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each, the same every time; one of them was cut short.

    Args:
        long_px: The long side.
    """
    short_px = long_px * 2 // 3
    for at, (name, scene, is_upright) in enumerate(_named()):
        columns, rows = (short_px, long_px) if is_upright else (long_px, short_px)
        rgb = rendered(scene, columns=columns, rows=rows, seed=at)
        data = _jpeg(rgb)
        yield f"{name}.jpg", data
        if name == "marbles on white":
            # Taken twice, as people do.
            yield f"{name} (again).jpg", _jpeg((rgb * 0.97).astype(np.uint8))
    yield "holiday.png", _cut_short()


def _jpeg(rgb: npt.NDArray[np.uint8]) -> bytes:
    coded = cv2.imencode(".jpg", rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return coded.tobytes()


def _cut_short() -> bytes:
    whole: bytes = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8) + 90)[1].tobytes()
    return whole[: len(whole) // 2]


def _named() -> Iterator[tuple[str, Scene, bool]]:
    white, grey, black = (0.9, 0.9, 0.9), (0.32, 0.32, 0.33), (0.012, 0.012, 0.014)
    blue, rose = (0.12, 0.26, 0.42), (0.62, 0.34, 0.33)
    yield "marbles on white", _studio(white, _balls(3, 1)), False
    yield "red ball, softbox left", _studio(grey, _balls(1, 0), side=-1.4), False
    yield "parcel, catalogue", _studio(white, _boxes(1, 2)), False
    yield "low key", _studio(black, _balls(1, 5), side=-2.2, fill=0.01), True
    yield "blue seamless", _studio(blue, _balls(2, 2)), False
    yield "three boxes", _studio(grey, _boxes(3, 0), side=1.5), False
    yield "rose backdrop", _studio(rose, _balls(1, 4), side=1.2), True
    yield "hard spot", _studio(grey, _balls(2, 3), side=-1.8, softness=0.015), False
    yield "beauty dish", _studio(white, _balls(1, 5), side=0.3), True
    yield "two on grey", _studio(grey, _balls(2, 1), side=-0.9), False
    yield "boxes on blue", _studio(blue, _boxes(2, 4), side=1.1), False
    yield "beach at noon", _outside("sand", _balls(2, 0), (0.6, 1.5, -0.7)), False
    yield "meadow, morning", _outside("grass", _balls(1, 2), (-1.2, 0.8, -0.3)), False
    yield "last light", _outside("sand", _balls(1, 3), (1.6, 0.3, 0.4), light=_WARM), False
    yield "overcast lawn", _overcast("grass", _balls(3, 4)), False
    yield "car park, drizzle", _overcast("stone", _boxes(2, 1)), False
    yield "playground", _outside("stone", _balls(3, 2), (-0.8, 1.1, -0.9)), False
    yield "picnic", _outside("grass", _boxes(1, 0), (0.9, 1.3, -0.5)), True
    yield "desert", _outside("sand", _boxes(3, 3), (-1.5, 0.6, 0.2)), False
    yield "kitchen, window light", _room(_balls(2, 0), (-1.8, 0.9, -0.2)), False
    yield "desk lamp", _room(_boxes(2, 2), (0.8, 1.2, 0.1), light=_WARM, softness=0.06), False
    yield "living room", _room(_balls(1, 1), (1.9, 0.7, -0.4)), True


def _balls(count: int, first: int) -> list[Ball | Box]:
    radii = {1: (0.62,), 2: (0.52, 0.36), 3: (0.46, 0.34, 0.25)}[count]
    places = {1: (0.0,), 2: (-0.45, 0.55), 3: (-0.75, 0.15, 0.82)}[count]
    return [
        Ball(at=(x, radius, 0.25 * at), radius=radius, paint=_PAINTS[(first + at) % len(_PAINTS)])
        for at, (x, radius) in enumerate(zip(places, radii, strict=True))
    ]


def _boxes(count: int, first: int) -> list[Ball | Box]:
    halves = ((0.42, 0.5, 0.35), (0.3, 0.28, 0.3), (0.2, 0.4, 0.2))[:count]
    places = {1: (0.0,), 2: (-0.4, 0.55), 3: (-0.75, 0.05, 0.7)}[count]
    return [
        Box(at=(x, half[1], 0.3 * at), half=half, paint=_PAINTS[(first + at) % len(_PAINTS)])
        for at, (x, half) in enumerate(zip(places, halves, strict=True))
    ]


def _studio(
    paper: Colour,
    things: list[Ball | Box],
    *,
    side: float = -1.0,
    softness: float = 0.3,
    fill: float = 0.28,
) -> Scene:
    """Before seamless paper, under one lamp and what the room gives back."""
    tone = np.array(paper, np.float32)
    lamp = Lamp(towards=(side, 1.25, -0.9), colour=(0.78, 0.78, 0.77), softness=softness)
    level = np.float32(fill + 0.5)

    def behind(ways: Floats) -> Floats:
        beside = np.hypot(ways[..., 0], ways[..., 1] + 0.02)[..., None]
        return np.asarray(tone * level * (1.18 - 1.1 * beside), np.float32)

    return Scene(
        things=things,
        lamps=(lamp,),
        fill=(fill, fill, fill),
        ground=lambda place: np.broadcast_to(tone, place.shape).copy(),
        behind=behind,
        haze_m=11.0,
        noise_levels=0.9,
    )


def _outside(ground: str, things: list[Ball | Box], sun: Place, *, light: Colour = _SUN) -> Scene:
    """Under the sun, with a sky that fills the shadows."""
    warm = np.array(light, np.float32)
    return Scene(
        things=things,
        lamps=(Lamp(towards=sun, colour=_times(light, 1.15), softness=0.008),),
        fill=_times(_SKY, 0.34),
        ground=lambda place: _surface(ground, place),
        behind=lambda ways: _sky(ways, warm),
    )


def _overcast(ground: str, things: list[Ball | Box]) -> Scene:
    """Under clouds: light from all sides, and no shadow with an edge."""
    return Scene(
        things=things,
        lamps=(Lamp(towards=(0.1, 1.0, -0.1), colour=(0.3, 0.31, 0.33), softness=0.8),),
        fill=(0.46, 0.49, 0.53),
        ground=lambda place: _surface(ground, place),
        behind=_clouds,
    )


def _room(
    things: list[Ball | Box],
    window: Place,
    *,
    light: Colour = (0.95, 1.0, 1.08),
    softness: float = 0.22,
) -> Scene:
    """On a wooden table before a wall, lit from one side."""
    return Scene(
        things=things,
        lamps=(Lamp(towards=window, colour=_times(light, 0.8), softness=softness),),
        fill=_times(_WARM, 0.11),
        ground=lambda place: _surface("wood", place),
        behind=lambda ways: _wall(ways, window[0], light),
        noise_levels=3.0,
    )


def _times(colour: Colour, by: float) -> Colour:
    return (colour[0] * by, colour[1] * by, colour[2] * by)


def _noise(x: Floats, y: Floats, *, scale: float, seed: int) -> Floats:
    """Even noise of 0..1 at places, smooth between the points of a grid."""
    side = 256
    grid = np.random.default_rng(seed).random((side, side)).astype(np.float32)
    across = np.asarray((x * scale) % side, np.float32)
    down = np.asarray((y * scale) % side, np.float32)
    return np.asarray(cv2.remap(grid, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP))


def _surface(kind: str, place: Floats) -> Floats:
    """Paint of sand, grass, stone or wood; far away its grain is too fine to be seen."""
    x, z = place[..., 0], place[..., 2]
    seen = np.asarray(1 / (1 + (np.maximum(z + 6, 0) / 14) ** 2), np.float32)
    coarse = _noise(x, z, scale=1.7, seed=1)
    if kind == "wood":
        rings = np.sin(9 * (x + 0.35 * _noise(x, 0.18 * z, scale=3, seed=2)))
        grain = 0.75 + 0.14 * rings + 0.2 * _noise(x, 0.05 * z, scale=60, seed=3)
        return np.asarray(grain[..., None] * np.array([0.34, 0.19, 0.09]), np.float32)
    tone, rough, scale = {
        "sand": ((0.56, 0.44, 0.29), 0.35, 22.0),
        "grass": ((0.12, 0.20, 0.045), 1.3, 30.0),
        "stone": ((0.30, 0.30, 0.30), 0.5, 16.0),
    }[kind]
    fine = _noise(x, z, scale=scale, seed=4) + 0.6 * _noise(x, z, scale=scale / 3, seed=5) - 0.8
    grain = 1 + rough * seen * fine + 0.35 * (coarse - 0.5)
    return np.asarray(np.maximum(grain, 0.1)[..., None] * np.array(tone), np.float32)


def _sky(ways: Floats, light: Floats) -> Floats:
    height = np.clip(ways[..., 1] * 2.2, 0, 1)[..., None]
    low = np.array([0.72, 0.80, 0.90], np.float32) * (0.35 + 0.65 * light)
    high = np.array([0.20, 0.38, 0.78], np.float32)
    sky = low * (1 - height) + high * height
    puffs = np.clip(2.2 * (_puffs(ways) - 0.52), 0, 1)[..., None]
    trees = _trees(ways)
    return np.asarray(np.where(trees, _leaves(ways), sky + 0.5 * puffs * light), np.float32)


def _clouds(ways: Floats) -> Floats:
    grey = 0.62 + 0.34 * (_puffs(ways) - 0.5)
    sky = grey[..., None] * np.array([0.95, 0.98, 1.03])
    return np.asarray(np.where(_trees(ways), 0.6 * _leaves(ways), sky), np.float32)


def _puffs(ways: Floats) -> Floats:
    x, y = ways[..., 0], ways[..., 1] * 2.5
    return np.asarray(
        0.6 * _noise(x + 3, y + 3, scale=9, seed=6) + 0.4 * _noise(x + 3, y + 3, scale=26, seed=7)
    )


def _trees(ways: Floats) -> npt.NDArray[np.bool_]:
    x = ways[..., 0] + 2
    crowns = 0.05 * _noise(x, x * 0, scale=14, seed=8) + 0.02 * _noise(x, x * 0, scale=70, seed=9)
    return np.asarray((ways[..., 1] < 0.02 + crowns)[..., None])


def _leaves(ways: Floats) -> Floats:
    grain = 0.5 + _noise(ways[..., 0] + 2, ways[..., 1] + 2, scale=190, seed=10)
    return np.asarray(grain[..., None] * np.array([0.05, 0.085, 0.03]), np.float32)


def _wall(ways: Floats, window: float, light: Colour) -> Floats:
    """Plaster that is brighter towards the window, with shelves."""
    x, y = ways[..., 0], ways[..., 1]
    near = np.exp(-np.abs(x - np.sign(window) * 0.6) * 1.6)
    shelf = y * 9 + 0.45
    shelves = np.where(np.abs(shelf % 1.0 - 0.5) < 0.06, 0.35, 1.0)
    books = 0.55 + 0.45 * _noise(np.floor(x * 40) + 60, np.floor(shelf) + 60, scale=1, seed=11)
    tone = np.where(y > 0.06, books, 1.0) * shelves * near
    return np.asarray(tone[..., None] * np.array(light) * np.array([0.5, 0.44, 0.37]), np.float32)
