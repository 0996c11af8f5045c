"""Cross-validation by group inside ``split=train``: out-of-fold logits for any recipe.

    python crossval.py --name cv [--folds 5 --only 0,1 --repeat 0 --baseline] [recipe options]

Writes into the folder RUNS/NAME: ``oof.csv`` (file, group, label, fold, logit, logit_mirrored;
uncertain pictures included, always predicted by a model that saw nothing of their group), each
fold's weights and ``figures.json``.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import json
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

from data import Item, PictureCache, add_folder_arguments, read_items, sampling_weights
from figures import line, summary
from finetune import (
    add_recipe_arguments,
    predict,
    prepare_process,
    recipe_from,
    to_tensor,
    train_model,
)
from lite0 import Lite0, load_imagenet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FOLD_SEED = 7


def fold_of_items(items: Sequence[Item], folds: int, repeat: int = 0) -> NDArray[np.int64]:
    """Fold of every picture: whole groups, classes balanced; uncertain ones follow their group.

    Each ``repeat`` divides the groups another way.
    """
    decided = [i for i in items if i.decided]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=FOLD_SEED + repeat)
    labels, groups = [i.label for i in decided], [i.group for i in decided]
    home: dict[str, int] = {}
    for fold, (_, held) in enumerate(splitter.split(labels, labels, groups)):
        home.update({groups[j]: fold for j in held})
    for position, group in enumerate(sorted({i.group for i in items} - set(home))):
        home[group] = position % folds
    return np.array([home[i.group] for i in items])


def frozen_embeddings(items: Sequence[Item], cache: PictureCache, side: int) -> NDArray[np.float32]:
    """ImageNet features of the deployed network input."""
    model = load_imagenet(Lite0()).to(memory_format=torch.channels_last).eval()
    pictures = cache.squares(items, side)
    with torch.inference_mode():
        parts = [
            model.features(to_tensor(pictures[start : start + 32])).numpy()
            for start in range(0, len(pictures), 32)
        ]
    return np.concatenate(parts)


def baseline_logits(
    train: NDArray[np.float32], items: Sequence[Item], held: NDArray[np.float32], strength: float
) -> NDArray[np.float64]:
    """Logistic regression on frozen features, sampled like the fine-tuning."""
    keep = np.array([i.decided for i in items])
    chosen = [i for i in items if i.decided]
    scaler = StandardScaler().fit(train[keep])
    model = LogisticRegression(C=strength, max_iter=2000)
    model.fit(
        scaler.transform(train[keep]),
        [i.label == "studio" for i in chosen],
        sample_weight=sampling_weights(chosen) * len(chosen),
    )
    return model.decision_function(scaler.transform(held))


def cross_validated_baseline(
    items: Sequence[Item], cache: PictureCache, folds: NDArray[np.int64], side: int
) -> dict[str, dict[str, float]]:
    """Figures of the frozen baseline at several strengths."""
    features = frozen_embeddings(items, cache, side)
    result = {}
    for strength in (1e-4, 1e-3, 1e-2, 1e-1):
        logits = np.zeros(len(items))
        for fold in np.unique(folds):
            held = folds == fold
            rest = [i for i, h in zip(items, held, strict=True) if not h]
            logits[held] = baseline_logits(features[~held], rest, features[held], strength)
        result[f"C={strength:g}"] = summary(items, logits)
        print(line(f"frozen {side} px C={strength:g}", result[f"C={strength:g}"]), flush=True)
    return result


def write_oof(
    path: Path,
    items: Sequence[Item],
    folds: NDArray[np.int64],
    logits: NDArray[np.float64],
    mirrored: NDArray[np.float64],
) -> None:
    """The out-of-fold table, finished folds only."""
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["file", "group", "label", "fold", "logit", "logit_mirrored"])
        for item, fold, one, two in zip(items, folds, logits, mirrored, strict=True):
            if not np.isnan(one):
                writer.writerow(
                    [item.file, item.group, item.label, fold, f"{one:.5f}", f"{two:.5f}"]
                )


def main() -> None:
    """Run the folds asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="folder below RUNS")
    add_folder_arguments(parser)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", default="", help="comma-separated folds; default all")
    parser.add_argument("--repeat", type=int, default=0, help="another division of the groups")
    parser.add_argument("--baseline", action="store_true", help="only the frozen baseline")
    parser.add_argument("--threads", type=int, default=2)
    add_recipe_arguments(parser)
    args = parser.parse_args()
    prepare_process(args.threads)
    recipe = recipe_from(args)
    every = read_items(args.photos)
    cache = PictureCache(every, args.photos, args.cache)
    items = [i for i in every if i.split == "train"]
    folds = fold_of_items(items, args.folds, args.repeat)
    out = args.runs / args.name
    out.mkdir(parents=True, exist_ok=True)
    if args.baseline:
        figures = cross_validated_baseline(items, cache, folds, recipe.side)
        (out / f"baseline_{recipe.side}.json").write_text(json.dumps(figures, indent=1))
        return
    squares = cache.squares(items, recipe.side)
    logits, mirrored = np.full(len(items), np.nan), np.full(len(items), np.nan)
    started = time.monotonic()
    for fold in [int(f) for f in args.only.split(",")] if args.only else range(args.folds):
        held = folds == fold
        rest = [i for i, h in zip(items, held, strict=True) if not h]
        model = train_model(rest, cache, recipe, f"{args.name} fold {fold}")
        torch.save(model.state_dict(), out / f"fold{fold}.pt")
        logits[held], mirrored[held] = predict(model, squares[held])
        part = [i for i, h in zip(items, held, strict=True) if h]
        print(line(f"{args.name} fold {fold}", summary(part, logits[held])), flush=True)
        write_oof(out / "oof.csv", items, folds, logits, mirrored)
    done = ~np.isnan(logits)
    part = [i for i, d in zip(items, done, strict=True) if d]
    figures = {
        "plain": summary(part, logits[done]),
        "mirrored": summary(part, mirrored[done]),
        "recipe": dataclasses.asdict(recipe),
        "seconds": round(time.monotonic() - started),
    }
    for name in ("plain", "mirrored"):
        print(line(f"{args.name} {name}", figures[name]), flush=True)
    (out / "figures.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
