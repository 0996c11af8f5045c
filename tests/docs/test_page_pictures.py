"""Pictures of the page: there, light, of rendered scenes, and the same every time."""

from __future__ import annotations

import io
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools.page_pictures.render import Ball, Box, Lamp, Scene, rendered
from tools.page_pictures.scenes import photos

ROOT = Path(__file__).resolve().parents[2]
PICTURES = sorted((ROOT / "docs" / "images" / "page").glob("*.png"))
SHOWING = (ROOT / "README.md", ROOT / "docs" / "service" / "page.md")
MOST_BYTES = 250_000


def shown():
    """Names of the pictures that the documentation shows."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in SHOWING)
    return set(re.findall(r"images/page/([\w-]+\.png)", text))


def test_every_picture_is_shown_and_every_shown_one_is_there():
    """Otherwise: make page-pictures."""
    assert shown() == {path.name for path in PICTURES}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_pictures_are_light(path):
    """Whoever clones the repository gets them all; the width stands in the name."""
    assert path.stat().st_size <= MOST_BYTES
    with Image.open(path) as picture:
        assert f"-{picture.width}" in path.stem


def test_scenes_are_the_same_every_time():
    """Otherwise every run would change every picture."""
    first = list(islice(photos(90), 3))

    assert first == list(islice(photos(90), 3))
    assert len({name for name, _ in first}) == len({data for _, data in first}) == 3
    assert all(Image.open(io.BytesIO(data)).size == (90, 60) for _, data in first)


def _scene(softness):
    ground = np.full(3, 0.5, np.float32)
    return Scene(
        things=(
            Ball(at=(-0.5, 0.5, 0), radius=0.5, paint=(0.6, 0.1, 0.1)),
            Box(at=(0.6, 0.3, 0), half=(0.3, 0.3, 0.3), paint=(0.1, 0.1, 0.6)),
        ),
        lamps=(Lamp(towards=(-1, 1, -1), colour=(1, 1, 1), softness=softness),),
        fill=(0.1, 0.1, 0.1),
        ground=lambda place: np.broadcast_to(ground, place.shape).copy(),
        behind=np.zeros_like,
        noise_levels=0,
    )


def test_light_falls_where_it_should():
    """The lit side is brighter than the other one; a wide lamp draws softer shadows."""
    hard, soft = (
        rendered(_scene(softness), columns=96, rows=64, seed=0).astype(float)
        for softness in (0.0, 0.4)
    )
    reddest = np.argwhere(hard[:, :, 0] - hard[:, :, 2] > 20)
    left, right = reddest[:, 1].min(), reddest[:, 1].max()
    row = int(np.median(reddest[:, 0]))

    assert hard[row, left + 3, 0] > hard[row, right - 3, 0]
    ground = slice(44, 60)
    steps = [np.abs(np.diff(one[ground].mean(axis=2), axis=1)).max() for one in (hard, soft)]
    assert steps[1] < steps[0]
