"""How often do verdicts change when a picture is coded again, shrunk or cropped?

    python robust.py --folds NAME [NAME ...] [--side 160]

Uses each fold's model on the pictures of ``split=train`` that it did not see.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np

from crossval import fold_of_items
from data import Picture, PictureCache, add_folder_arguments, network_input, read_items
from finetune import average_models, predict, prepare_process

if TYPE_CHECKING:
    from collections.abc import Callable


def recoded(quality: int) -> Callable[[Picture], Picture]:
    """JPEG at a quality."""

    def change(rgb: Picture) -> Picture:
        coded = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return cv2.imdecode(coded, cv2.IMREAD_COLOR)

    return change


def half(rgb: Picture) -> Picture:
    """Half size."""
    size = (max(1, rgb.shape[1] // 2), max(1, rgb.shape[0] // 2))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def cropped(share: float) -> Callable[[Picture], Picture]:
    """Cut ``share`` of each side's length off in all (half of it at either end)."""

    def change(rgb: Picture) -> Picture:
        dy, dx = round(rgb.shape[0] * share / 2), round(rgb.shape[1] * share / 2)
        return rgb[dy : rgb.shape[0] - dy, dx : rgb.shape[1] - dx]

    return change


def grey(rgb: Picture) -> Picture:
    """Monochrome."""
    return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def exposed(stops: float) -> Callable[[Picture], Picture]:
    """Exposure change in linear light, roughly."""
    table = np.clip(255 * ((np.arange(256) / 255) ** 2.2 * 2**stops) ** (1 / 2.2), 0, 255)
    return lambda rgb: table.astype(np.uint8)[rgb]


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "jpeg 90": recoded(90),
    "jpeg 70": recoded(70),
    "jpeg 40": recoded(40),
    "half size": half,
    "crop 5 %": cropped(0.05),
    "crop 10 %": cropped(0.10),
    "mirror": lambda p: p[:, ::-1],
    "grey": grey,
    "+1 stop": exposed(1),
    "-1 stop": exposed(-1),
}


def main() -> None:
    """Print and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", nargs="+", required=True, help="names given to crossval.py")
    add_folder_arguments(parser)
    parser.add_argument("--every", type=int, default=1, help="take only every n-th picture")
    parser.add_argument("--side", type=int, default=160)
    args = parser.parse_args()
    prepare_process()
    items = read_items(args.photos)
    cache = PictureCache(items, args.photos, args.cache)
    train = [i for i in items if i.split == "train"]
    folds = fold_of_items(train, 5)
    gaps: dict[str, list[np.ndarray]] = {name: [] for name in CHANGES}
    flips: dict[str, list[np.ndarray]] = {name: [] for name in CHANGES}
    for path in sorted(p for name in args.folds for p in (args.runs / name).glob("fold*.pt")):
        model = average_models([path])
        held = [
            i
            for i, f in zip(train, folds, strict=True)
            if i.decided and f == int(path.stem.removeprefix("fold"))
        ][:: args.every]
        base, _ = predict(model, cache.squares(held, args.side))
        for name, change in CHANGES.items():
            pictures = np.stack(
                [
                    network_input(np.ascontiguousarray(change(cache[i.file])), args.side)
                    for i in held
                ]
            )
            other, _ = predict(model, pictures)
            flips[name].append((base > 0) != (other > 0))
            gaps[name].append(np.abs(1 / (1 + np.exp(-base)) - 1 / (1 + np.exp(-other))))
    table = {
        name: {
            "flips": float(np.concatenate(flips[name]).mean()),
            "mean_probability_change": float(np.concatenate(gaps[name]).mean()),
        }
        for name in CHANGES
    }
    (args.runs / "robust.json").write_text(json.dumps(table, indent=1))
    for name, row in table.items():
        print(f"{name}: flips {row['flips']:.2%}, mean change {row['mean_probability_change']:.4f}")


if __name__ == "__main__":
    main()
