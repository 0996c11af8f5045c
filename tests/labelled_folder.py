"""Small labelled sets of tiny pictures, drawn here, with every column a table may have."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

#: Names of files that must appear as text wherever they are shown.
HOSTILE = ("<script>alert(1)<_script>.png", "quote\"'&amp;.png", "line\nbreak.png")
_REGIONS = ("Africa", "East Asia", "")
_MAKES = ("Canon", "SONY", "")


def draw(path: Path, *, studio: bool, seed: int, upright: bool = False) -> None:
    """Write a picture: a blob on a smooth sweep, or speckle under a bright sky."""
    rng = np.random.default_rng(seed)
    rows, columns = (72, 56) if upright else (56, 72)
    down, across = np.mgrid[0:rows, 0:columns]
    if studio:
        ground = 225 + 20 * rng.random() - 0.3 * down
        blob = (down - rows / 2) ** 2 + (across - columns / 2) ** 2 < (rows / 4) ** 2
        picture = np.where(blob, 90 + 60 * rng.random(), ground)[:, :, None] * np.ones(3)
        noise = 1.0
    else:
        sky = down < rows * (0.2 + 0.4 * rng.random())
        picture = np.where(sky[:, :, None], (150, 180, 230), (80, 110, 50)).astype(float)
        noise = 20.0
    picture = picture + rng.normal(0, noise, picture.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)


def make_table(folder: Path) -> Path:
    """A set with a ``labels.csv``: train and test, 12 groups each, uncertain ones, traps.

    Test holds pictures that look like the other class (the hostile names among them), and a
    file that is no picture.
    """
    rows = []

    def add(name, label, *, studio, split, group, index):
        draw(folder / name, studio=studio, seed=len(rows), upright=index % 3 == 0)
        rows.append(
            {
                "file": name,
                "label": label,
                "genre": ("people", "object", "outdoor")[index % 3],
                "hard": int(index % 4 == 0),
                "group": group,
                "split": split,
                "region": _REGIONS[index % 3],
                "make": _MAKES[index % 3],
                "taken": f"{2015 + index % 6}-05-0{1 + index % 9}" if index % 5 else "",
            }
        )

    for split, count in (("train", 36), ("test", 48)):
        for index in range(count):
            studio = index % 2 == 0
            add(
                f"{split}/{index:02d}.png",
                "studio" if studio else "natural",
                studio=studio,
                split=split,
                group=f"{split}-{index % 12}",
                index=index,
            )
    for index, name in enumerate(HOSTILE):
        add(name, "natural", studio=True, split="test", group="<b>hostile</b>", index=index)
    for index in range(4):
        add(f"wrong{index}.png", "studio", studio=False, split="test", group="wrong", index=index)
    for index in range(6):
        add(
            f"doubt{index}.png",
            "uncertain",
            studio=index % 2 == 0,
            split="test",
            group=f"test-{index}",
            index=index,
        )
    add("broken.png", "studio", studio=True, split="test", group="test-0", index=1)
    (folder / "broken.png").write_bytes(b"no picture")
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.DictWriter(lines, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return folder


def make_folders(folder: Path, *, groups: int = 6, each: int = 2) -> Path:
    """A set of folders ``studio`` and ``natural``, each with the same sub-folders as groups."""
    for seed in range(groups * each):
        for label in ("studio", "natural"):
            draw(
                folder / label / f"anna{seed % groups}" / f"{seed}.png",
                studio=label == "studio",
                seed=1000 + 1000 * (label == "studio") + seed,  # none of `make_table`
            )
    return folder
