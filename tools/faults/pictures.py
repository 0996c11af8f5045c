"""Small pictures with bytes of their own, good ones and hostile ones."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIDE_PX = 512
_BASES = 24
_SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Something to be posted.

    Attributes:
        data: The bytes.
        codes: Codes with which its job may be dead; none if it must be done.
        is_broken: Whether anything but loss will do: done, dead with a code, or refused.
        callback_url: Whom to tell; None for nobody.
    """

    data: bytes
    codes: frozenset[str] = frozenset()
    is_broken: bool = False
    callback_url: str | None = None

    @property
    def image_hash(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()


def good(count: int, seed: int, copies_every: int = 10) -> list[Picture]:
    """Pictures that are analysed without trouble.

    Args:
        count: So many.
        seed: Another one gives other bytes.
        copies_every: One of so many is a copy of an earlier one; 0 for no copies.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    bases = list(_bases())
    made: list[Picture] = []
    for number in range(count):
        if copies_every and number % copies_every == copies_every - 1:
            made.append(chance.choice(made))
        else:
            # Bytes after the end of a JPEG change its hash and not its pixels.
            data = bases[number % len(bases)] + f"#{seed}-{number}".encode()
            made.append(Picture(data=data))
    return made


def coloured(colour: tuple[int, int, int], seed: int, side_px: int = 48) -> bytes:
    """A PNG whose first pixel has the colour; the others are noise."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    image = Image.frombytes("RGB", (side_px, side_px), chance.randbytes(3 * side_px * side_px))
    image.putpixel((0, 0), colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def hostile_files(most_bytes: int = 4 << 20) -> list[bytes]:
    """Files of the edge corpus that are broken on purpose; none without it."""
    folder = _shared("STUDIO_EDGE", "edge")
    if folder is None:
        return []
    paths = sorted(path for path in (folder / "broken").iterdir() if path.is_file())
    return [path.read_bytes() for path in paths if 0 < path.stat().st_size <= most_bytes]


def _bases() -> Iterator[bytes]:
    photos = _shared("STUDIO_PHOTOS", "photos")
    if photos is None:
        import skimage  # noqa: PLC0415 - only without photographs

        paths = [Path(skimage.__file__).parent / "data" / name for name in _SAMPLES]
    else:
        with (photos / "labels.csv").open(newline="", encoding="utf-8") as file:
            names = [row["file"] for row in csv.DictReader(file)]
        paths = [photos / name for name in names[:: len(names) // _BASES][:_BASES]]
    for path in paths:
        with Image.open(path) as image:
            small = image.convert("RGB")
        small.thumbnail((_SIDE_PX, _SIDE_PX))
        made = io.BytesIO()
        small.save(made, "JPEG", quality=85)
        yield made.getvalue()


def _shared(variable: str, name: str) -> Path | None:
    given = os.environ.get(variable)
    folder = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / name
    return folder if folder.is_dir() else None
