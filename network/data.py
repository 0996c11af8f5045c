"""Labelled pictures: reading, cached decoding, preprocessing, augmentation, sampling."""

from __future__ import annotations

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

Picture = NDArray[np.uint8]
LONG_SIDE_PX = 512
CACHE = Path(".cache/network")
RUNS = CACHE / "runs"
TARGET = {"studio": 1.0, "natural": 0.0, "uncertain": 0.5}


@dataclass(frozen=True)
class Item:
    """One labelled picture."""

    file: str
    label: str
    group: str
    split: str
    genre: str
    hard: bool
    pass1: str
    pass2: str

    @property
    def decided(self) -> bool:
        """Whether the picture counts as studio or natural."""
        return self.label != "uncertain"

    @property
    def soft_target(self) -> float:
        """Target in [0, 1]: the label, or the mean of both passes when uncertain."""
        if self.decided:
            return TARGET[self.label]
        return (TARGET[self.pass1] + TARGET[self.pass2]) / 2


def add_folder_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that say where the photographs, the cache and the runs are."""
    given = os.environ.get("STUDIO_PHOTOS")
    parser.add_argument(
        "--photos",
        type=Path,
        default=Path(given) if given else None,
        required=not given,
        help="folder with labels.csv (default: $STUDIO_PHOTOS)",
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="decoded pictures, about 1.5 GB")
    parser.add_argument("--runs", type=Path, default=RUNS, help="where the scripts keep results")


def read_items(photos: Path) -> list[Item]:
    """All rows of ``labels.csv``, sorted by file name."""
    with (photos / "labels.csv").open(newline="") as handle:
        rows = [
            Item(
                r["file"],
                r["label"],
                r["group"],
                r["split"],
                r["genre"],
                r["hard"] == "1",
                r["pass1"],
                r["pass2"],
            )
            for r in csv.DictReader(handle)
        ]
    return sorted(rows, key=lambda item: item.file)


def deployed_picture(path: Path) -> Picture:
    """Decode to what the deployed pipeline hands over: RGB uint8, long side at most 512 px.

    Embedded colour profiles are not applied here; the pipeline applies them.

    Raises:
        ValueError: OpenCV cannot decode the file.
    """
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"OpenCV cannot decode {path}; leave it out of labels.csv")
    height, width = bgr.shape[:2]
    if (long := max(height, width)) > LONG_SIDE_PX:
        scale = LONG_SIDE_PX / long
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(bgr[:, :, ::-1])


def network_input(rgb: Picture, side: int) -> Picture:
    """The deployed preprocessing: squeeze the whole picture to a square, area-averaged."""
    return cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)


def decode_all(
    items: Sequence[Item], photos: Path, flat_path: Path
) -> dict[str, tuple[int, int, int]]:
    """Write all pictures one after another; offset, height and width of each by file name."""
    index: dict[str, tuple[int, int, int]] = {}
    offset = 0
    with flat_path.open("wb") as handle:
        for item in items:
            rgb = deployed_picture(photos / item.file)
            index[item.file] = (offset, rgb.shape[0], rgb.shape[1])
            handle.write(rgb.tobytes())
            offset += rgb.size
    return index


class PictureCache:
    """Decoded pictures in one flat memory-mapped file, made when the list of files changes."""

    def __init__(self, items: Sequence[Item], photos: Path, cache: Path) -> None:
        index_path, flat_path = cache / "pictures.json", cache / "pictures.u8"
        self._index = json.loads(index_path.read_text()) if index_path.exists() else {}
        if set(self._index) != {item.file for item in items}:
            # Without its index a flat file is no cache: an interrupted run starts anew.
            index_path.unlink(missing_ok=True)
            cache.mkdir(parents=True, exist_ok=True)
            self._index = decode_all(items, photos, flat_path)
            index_path.write_text(json.dumps(self._index))
        self._flat = np.memmap(flat_path, dtype=np.uint8, mode="r")

    def __getitem__(self, file: str) -> Picture:
        """The picture as height x width x 3 RGB (read-only)."""
        offset, height, width = self._index[file]
        return self._flat[offset : offset + height * width * 3].reshape(height, width, 3)

    def squares(self, items: Sequence[Item], side: int) -> Picture:
        """Deployed network inputs of many pictures, N x side x side x 3."""
        return np.stack([network_input(self[item.file], side) for item in items])


@dataclass(frozen=True)
class Augmentation:
    """Strengths; all keep shadows, gradients, background and colour cast recognisable."""

    min_area: float = 0.45
    aspect: tuple[float, float] = (0.6, 1.66)
    whole: float = 0.15
    brightness: float = 0.15
    contrast: float = 0.15
    saturation: float = 0.2
    grey: float = 0.12
    jpeg: float = 0.2
    shrink: float = 0.2


def random_crop(rgb: Picture, rng: np.random.Generator, cfg: Augmentation) -> Picture:
    """A crop of random area and shape; sometimes (nearly) the whole picture."""
    height, width = rgb.shape[:2]
    low = 0.9 if rng.random() < cfg.whole else cfg.min_area
    for _ in range(10):
        area = height * width * rng.uniform(low, 1.0)
        # The drawn shape is relative to the picture's own, as all shapes become a square.
        ratio = np.exp(rng.uniform(np.log(cfg.aspect[0]), np.log(cfg.aspect[1])))
        if low == 0.9:
            ratio = width / height * np.exp(rng.uniform(-0.05, 0.05))
        w, h = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
            return rgb[y : y + h, x : x + w]
    return rgb


def augment(rgb: Picture, side: int, rng: np.random.Generator, cfg: Augmentation) -> Picture:
    """A random view of a picture at network size."""
    crop = random_crop(rgb, rng, cfg)
    if rng.random() < cfg.shrink:
        factor = rng.uniform(0.4, 0.8)
        interpolation = cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_LINEAR
        size = (max(8, round(crop.shape[1] * factor)), max(8, round(crop.shape[0] * factor)))
        crop = cv2.resize(crop, size, interpolation=interpolation)
    if rng.random() < cfg.jpeg:
        quality = int(rng.integers(35, 96))
        coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        crop = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    out = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        out = out[:, ::-1]
    return jitter(out, rng, cfg)


def jitter(rgb: Picture, rng: np.random.Generator, cfg: Augmentation) -> Picture:
    """Mild exposure, contrast and saturation changes; now and then grey."""
    x = rgb.astype(np.float32)
    x *= 1 + rng.uniform(-cfg.brightness, cfg.brightness)
    gain = 1 + rng.uniform(-cfg.contrast, cfg.contrast)
    x = (x - x.mean()) * gain + x.mean()
    grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
    keep = 0.0 if rng.random() < cfg.grey else 1 + rng.uniform(-cfg.saturation, cfg.saturation)
    x = grey[:, :, None] + keep * (x - grey[:, :, None])
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def sampling_weights(items: Sequence[Item], uncertain_share: float = 0.0) -> NDArray[np.float64]:
    """Balanced by class, and inside a class by the root of the group's size.

    Uncertain pictures together get ``uncertain_share`` of the draws.
    """
    count: dict[tuple[str, str], int] = {}
    for item in items:
        count[item.label, item.group] = count.get((item.label, item.group), 0) + 1
    weight = np.array([count[item.label, item.group] ** -0.5 for item in items])
    labels = np.array([item.label for item in items])
    share = {
        "studio": (1 - uncertain_share) / 2,
        "natural": (1 - uncertain_share) / 2,
        "uncertain": uncertain_share,
    }
    for label, part in share.items():
        if (mask := labels == label).any():
            weight[mask] *= part / weight[mask].sum()
    return weight / weight.sum()


def epoch_order(
    weights: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Systematic resampling: each picture is drawn weight x draws times, rounded at random."""
    points = (np.arange(draws) + rng.random()) / draws
    chosen = np.searchsorted(np.cumsum(weights), points)
    return rng.permutation(np.minimum(chosen, len(weights) - 1))


@dataclass(frozen=True)
class BatchPlan:
    """What batches are drawn: side in px, pictures in each, how many, and how varied."""

    side: int
    size: int
    steps: int
    seed: int
    augmentation: Augmentation
    uncertain_share: float = 0.0


def batches(
    items: Sequence[Item], cache: PictureCache, plan: BatchPlan
) -> Iterator[tuple[Picture, NDArray[np.float32]]]:
    """Augmented training batches, prepared one ahead; the same for the same plan."""
    side, size, steps, seed = plan.side, plan.size, plan.steps, plan.seed
    weights = sampling_weights(items, plan.uncertain_share)
    per_epoch = len(items)
    need = steps * size
    order = np.concatenate(
        [
            epoch_order(weights, per_epoch, np.random.default_rng((seed, 1, epoch)))
            for epoch in range(-(-need // per_epoch))
        ]
    )
    targets = np.array([item.soft_target for item in items], np.float32)

    def make(step: int) -> tuple[Picture, NDArray[np.float32]]:
        chosen = order[step * size : (step + 1) * size]
        views = [
            augment(
                cache[items[i].file],
                side,
                np.random.default_rng((seed, 2, step, slot)),
                plan.augmentation,
            )
            for slot, i in enumerate(chosen)
        ]
        return np.stack(views), targets[chosen]

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, 0)
        for step in range(steps):
            ready = ahead.result()
            if step + 1 < steps:
                ahead = pool.submit(make, step + 1)
            yield ready
