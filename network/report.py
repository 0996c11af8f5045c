"""Gather what the repository keeps: out-of-fold table and figures.

    python report.py --folds NAME [NAME ...] [--models models] [--baseline NAME] [--test]

``--folds`` are the folders that ``crossval.py`` wrote (their fold sets joined), ``--models`` the
one that ``export.py`` wrote. Writes ``oof.csv`` and ``figures.json`` (the README says what is in
it) into RUNS/report. Without ``--test`` the test split is not looked at.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from crossval import baseline_logits, frozen_embeddings
from data import Item, PictureCache, add_folder_arguments, read_items
from export import VARIANTS, onnx_logits, parity
from figures import interval, line, summary
from finetune import prepare_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SHIPPED = "int8w"
DECIMALS = 5
# Of the strengths tried in cross-validation, the one with the least log loss.
BASELINE_STRENGTH = 1e-2
Oof = dict[str, tuple[int, float, float]]


def joined_oof(folders: Sequence[Path]) -> Oof:
    """File -> (fold, logit, logit averaged with the mirror image's) over all folders."""
    table: Oof = {}
    for folder in folders:
        with (folder / "oof.csv").open(newline="") as handle:
            for row in csv.DictReader(handle):
                logits = float(row["logit"]), float(row["logit_mirrored"])
                table[row["file"]] = (int(row["fold"]), *logits)
    return table


def write_oof(path: Path, items: Sequence[Item], table: Oof) -> None:
    """The decided pictures with their out-of-fold logits."""
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["file", "group", "label", "fold", "logit"])
        for item in items:
            if item.decided and item.file in table:
                fold, logit, _ = table[item.file]
                writer.writerow([item.file, item.group, item.label, fold, f"{logit:.5f}"])


def cross_validation(items: Sequence[Item], table: Oof) -> dict[str, object]:
    """Figures over all folds, with the mirror image's average, and for each fold."""
    kept = [i for i in items if i.file in table]
    plain = [table[i.file][1] for i in kept]
    folds = {}
    for fold in sorted({f for f, _, _ in table.values()}):
        part = [i for i in kept if table[i.file][0] == fold]
        folds[str(fold)] = summary(part, [table[i.file][1] for i in part])
    return {
        "all": summary(kept, plain),
        "interval": interval(kept, plain),
        "mirrored": summary(kept, [table[i.file][2] for i in kept]),
        "folds": folds,
    }


def platt(items: Sequence[Item], table: Oof) -> tuple[float, float]:
    """Slope and intercept of the calibrated log-odds, classes weighing the same."""
    kept = [i for i in items if i.decided and i.file in table]
    z = np.array([[table[i.file][1]] for i in kept])
    # So weak a penalty is none; the sum of squares would pull the slope down.
    model = LogisticRegression(C=1e9, class_weight="balanced", tol=1e-10, max_iter=1000)
    model.fit(z, [i.label == "studio" for i in kept])
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def in_the_middle(
    items: Sequence[Item], logits: Sequence[float], line_: tuple[float, float]
) -> dict[str, object]:
    """Shares of uncertain and of decided pictures with a calibrated probability of 0.2 to 0.8."""
    probability = 1 / (1 + np.exp(-(line_[0] * np.asarray(logits) + line_[1])))
    inside = (probability > 0.2) & (probability < 0.8)
    decided = np.array([i.decided for i in items])
    return {
        "uncertain_pictures": int((~decided).sum()),
        "uncertain_0.2_0.8": float(inside[~decided].mean()),
        "decided_0.2_0.8": float(inside[decided].mean()),
    }


def measured(
    items: Sequence[Item], pictures: NDArray[np.uint8], models: Path, line_: tuple[float, float]
) -> dict[str, object]:
    """Figures of one split by every exported variant, and by the calibrated shipped one."""
    logits = {v: onnx_logits(models / f"lite0_studio_{v}.onnx", pictures) for v in VARIANTS}
    flipped = onnx_logits(
        models / "lite0_studio_fp32.onnx", np.ascontiguousarray(pictures[:, :, ::-1])
    )
    calibrated = line_[0] * logits[SHIPPED] + line_[1]
    return {
        **{v: summary(items, logits[v]) for v in VARIANTS},
        "fp32_mirrored": summary(items, (logits["fp32"] + flipped) / 2),
        f"{SHIPPED}_platt": summary(items, calibrated),
        **{f"fp32_vs_{v}": parity(logits["fp32"], logits[v]) for v in VARIANTS[1:]},
        "middle": in_the_middle(items, logits[SHIPPED], line_),
    }


def tidy(value: object) -> object:
    """Floats rounded to five decimals; what is not a number becomes ``null``."""
    if isinstance(value, dict):
        return {key: tidy(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [tidy(inner) for inner in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value


def read_json(path: Path) -> dict[str, object]:
    """One JSON object."""
    return json.loads(path.read_text())


def model_section(models: Path) -> dict[str, object]:
    """Which file ships, and how it differs from the others."""
    export = read_json(models / "export.json")
    path = models / f"lite0_studio_{SHIPPED}.onnx"
    return {
        "model": {
            "file": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
            "side_px": export["side"],
        },
        "averaging": export["matching"],
        "torch_vs_fp32": export["torch_vs_fp32"],
        "variants": {v: export[v] for v in VARIANTS},
    }


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", nargs="+", required=True, help="names given to crossval.py")
    parser.add_argument("--models", help="the name given to export.py")
    parser.add_argument("--baseline", help="the name given to crossval.py --baseline")
    parser.add_argument("--side", type=int, default=160, help="px, of the baseline")
    parser.add_argument("--test", action="store_true", help="measure on the test split, too")
    add_folder_arguments(parser)
    args = parser.parse_args()
    prepare_process()
    out = args.runs / "report"
    out.mkdir(parents=True, exist_ok=True)
    items = read_items(args.photos)
    train = [i for i in items if i.split == "train"]
    table = joined_oof([args.runs / name for name in args.folds])
    write_oof(out / "oof.csv", train, table)
    kept = [i for i in train if i.file in table]
    line_ = platt(train, table)
    figures: dict[str, object] = {
        "recipe": read_json(args.runs / args.folds[0] / "figures.json")["recipe"],
        "cross_validation": cross_validation(train, table),
        "platt": {"slope": line_[0], "intercept": line_[1]},
        "middle": in_the_middle(kept, [table[i.file][1] for i in kept], line_),
    }
    if args.baseline:
        path = args.runs / args.baseline / f"baseline_{args.side}.json"
        figures["frozen_cross_validation"] = read_json(path)
    if (args.runs / "robust.json").exists():
        figures["robustness"] = read_json(args.runs / "robust.json")
    if args.models:
        figures = {**model_section(args.runs / args.models), **figures}
    if args.models and args.test:
        cache = PictureCache(items, args.photos, args.cache)
        test = [i for i in items if i.split == "test"]
        pictures = cache.squares(test, int(figures["model"]["side_px"]))
        figures["test"] = measured(test, pictures, args.runs / args.models, line_)
        frozen = frozen_embeddings(items, cache, args.side)
        is_test = np.array([i.split == "test" for i in items])
        logits = baseline_logits(frozen[~is_test], train, frozen[is_test], BASELINE_STRENGTH)
        figures["test"]["frozen"] = summary(test, logits)
    (out / "figures.json").write_text(json.dumps(tidy(figures), indent=1) + "\n")
    print(line("cross-validation", figures["cross_validation"]["all"]))


if __name__ == "__main__":
    main()
