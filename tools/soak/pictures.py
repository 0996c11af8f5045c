"""The pictures of a run: the whole edge corpus as it is, and real files changed at random."""

from __future__ import annotations

import csv
import io
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tools.soak.mutate import mutated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Largest file that is changed; of larger ones a run would only post less.
MOST_BYTES = 256 * 1024
#: Photographs that are changed, beside the files of the edge corpus.
_PHOTOS = 200
_SIDE_PX = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A file that is posted.

    Attributes:
        kind: What was done to it, for the table.
        data: Its bytes.
    """

    kind: str
    data: bytes


def known_picture() -> bytes:
    """A picture that nothing is wrong with."""
    photos = photo_files()
    return photos[0].read_bytes() if photos else _made("JPEG", random.Random(0))  # noqa: S311


def edge_files() -> list[Path]:
    """Every file of the edge corpus, in order; none without it."""
    folder = _shared("STUDIO_EDGE", "edge")
    if folder is None:
        return []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if path.name not in {"INDEX.jsonl", "README.md"}]


def photo_files() -> list[Path]:
    """Photographs, evenly taken from the labelled set; none without it."""
    folder = _shared("STUDIO_PHOTOS", "photos")
    if folder is None:
        return []
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        names = sorted(row["file"] for row in csv.DictReader(file))
    return [folder / name for name in names[:: max(1, len(names) // _PHOTOS)][:_PHOTOS]]


def whole(most_bytes: int) -> Iterator[Posted]:
    """The edge corpus as it is.

    Args:
        most_bytes: Larger files are left out: a service refuses them unread.
    """
    for path in edge_files():
        if 0 < path.stat().st_size <= most_bytes:
            yield Posted(kind="edge corpus, as it is", data=path.read_bytes())


def changed(count: int, seed: int) -> Iterator[Posted]:
    """Real files, changed; with the same seed and the same files, the same come out.

    Args:
        count: So many.
        seed: Of the chance.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    pool = _pool(chance)
    for _ in range(count):
        data, other = chance.choice(pool), chance.choice(pool)
        kind, data = mutated(chance, data, other)
        yield Posted(kind=kind, data=data)


def _pool(chance: random.Random) -> Sequence[bytes]:
    paths = [*edge_files(), *photo_files()]
    found = [path.read_bytes() for path in paths if 0 < path.stat().st_size <= MOST_BYTES]
    formats = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
    return [*found, *(_made(name, chance) for name in formats)]


def _made(format_name: str, chance: random.Random) -> bytes:
    noise = Image.frombytes("RGB", (8, 8), chance.randbytes(8 * 8 * 3))
    file = io.BytesIO()
    noise.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BICUBIC).save(file, format_name)
    return file.getvalue()


def _shared(variable: str, name: str) -> Path | None:
    given = os.environ.get(variable)
    folder = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / name
    return folder if folder.is_dir() else None
