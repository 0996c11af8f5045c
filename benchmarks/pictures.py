"""JPEG pictures of fixed sizes, made from photographs in a temporary folder."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.sizes import Size

#: Photographs behind the pictures of each size.
COUNT = 12
#: Of a scaling size; its pictures are large and its rounds few.
SCALING_COUNT = 3
_QUALITY = 90
_SUBSAMPLING = "4:2:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture ready to be measured with."""

    path: Path
    data: bytes


def photographs(count: int) -> list[Path]:
    """The photographs the pictures are made from.

    The first of the test split of the labelled set named by STUDIO_PHOTOS, in the order of
    their names, which are digests and so mix the groups; without the set, scikit-image's
    samples, repeated as often as it takes.
    """
    folder = os.environ.get("STUDIO_PHOTOS")
    if folder:
        with (Path(folder) / "labels.csv").open(newline="", encoding="utf-8") as file:
            names = sorted(row["file"] for row in csv.DictReader(file) if row["split"] == "test")
        return [Path(folder) / name for name in names[:count]]
    import skimage.data

    samples = Path(str(skimage.data.__file__)).parent
    three = [samples / name for name in ("astronaut.png", "chelsea.png", "coffee.png")]
    return [three[index % len(three)] for index in range(count)]


def make_pictures(folder: Path, sizes: Sequence[Size], count: int) -> None:
    """Write ``folder/SIZE/NN.jpg``: cut to the aspect, Lanczos, grain, quality 90, 4:2:0.

    Args:
        folder: Where; exists.
        sizes: Sizes to make.
        count: Pictures of each.
    """
    for index, photograph in enumerate(photographs(count)):
        with Image.open(photograph) as opened:
            photo = opened.convert("RGB")
        for size in sizes:
            made = ImageOps.fit(
                photo, (size.columns_px, size.rows_px), method=Image.Resampling.LANCZOS
            )
            target = folder / size.name
            target.mkdir(exist_ok=True)
            _grained(made, size.grain).save(
                target / f"{index:02}.jpg", quality=_QUALITY, subsampling=_SUBSAMPLING
            )


def read_pictures(folder: Path, size: Size) -> list[Picture]:
    """What `make_pictures` wrote for a size, in order."""
    paths = sorted((folder / size.name).glob("*.jpg"))
    return [Picture(path=path, data=path.read_bytes()) for path in paths]


def _grained(image: Image.Image, deviation: float) -> Image.Image:
    """The same grain on every picture, alike in all channels, as in luminance."""
    if not deviation:
        return image
    shape = (image.height, image.width, 1)
    grain = np.random.default_rng(0).standard_normal(shape, dtype=np.float32) * deviation
    samples = np.asarray(image, dtype=np.float32) + grain
    return Image.fromarray(np.clip(np.rint(samples), 0, 255).astype(np.uint8))
