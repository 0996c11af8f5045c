"""Figures of a set of logits: AUC, balanced accuracy, slices, macro over groups, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data import Item

Array = NDArray[np.float64]


def balanced_accuracy(logits: Array, studio: NDArray[np.bool_]) -> float:
    """Mean of both recalls at logit 0; NaN when a class is missing."""
    if studio.all() or not studio.any():
        return float("nan")
    return float(((logits[studio] > 0).mean() + (logits[~studio] <= 0).mean()) / 2)


def calibration_error(logits: Array, studio: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error with equally filled bins, classes weighed equally."""
    probability = 1 / (1 + np.exp(-logits))
    weight = np.where(studio, 0.5 / studio.sum(), 0.5 / (~studio).sum())
    order = np.argsort(probability, kind="stable")
    total = 0.0
    for part in np.array_split(order, bins):
        w = weight[part]
        total += abs(float((w * (probability[part] - studio[part])).sum()))
    return total


def summary(items: Sequence[Item], logits: Sequence[float]) -> dict[str, float]:
    """All figures over the decided pictures among ``items``."""
    keep = np.array([item.decided for item in items])
    chosen = [item for item in items if item.decided]
    z = np.asarray(logits, dtype=np.float64)[keep]
    studio = np.array([item.label == "studio" for item in chosen])
    hard = np.array([item.hard for item in chosen])
    people = np.array([item.genre == "people" for item in chosen])
    objects = np.array([item.genre == "object" for item in chosen])
    groups = np.array([item.group for item in chosen])
    right = (z > 0) == studio
    probability = np.clip(1 / (1 + np.exp(-z)), 1e-7, 1 - 1e-7)
    loss = -np.where(studio, np.log(probability), np.log(1 - probability))
    unsure = np.asarray(logits, dtype=np.float64)[~keep]
    return {
        "pictures": len(chosen),
        "auc": float(roc_auc_score(studio, z)),
        "auc_hard": float(roc_auc_score(studio[hard], z[hard])),
        "balanced": balanced_accuracy(z, studio),
        "hard": balanced_accuracy(z[hard], studio[hard]),
        "people": balanced_accuracy(z[people], studio[people]),
        "object": balanced_accuracy(z[objects], studio[objects]),
        "studio_recall": float(right[studio].mean()),
        "natural_recall": float(right[~studio].mean()),
        "macro_groups": float(np.mean([right[groups == g].mean() for g in np.unique(groups)])),
        "log_loss": float(loss[studio].mean() + loss[~studio].mean()) / 2,
        "ece": calibration_error(z, studio),
        "uncertain_median_abs_logit": float(np.median(np.abs(unsure)))
        if len(unsure)
        else float("nan"),
    }


def interval(items: Sequence[Item], logits: Sequence[float]) -> dict[str, list[float]]:
    """95 % intervals of AUC and balanced accuracy by 1000 bootstrap draws of whole groups."""
    kept = [(i, z) for i, z in zip(items, logits, strict=True) if i.decided]
    studio = np.array([i.label == "studio" for i, _ in kept])
    z = np.array([z for _, z in kept], dtype=np.float64)
    names, member = np.unique([i.group for i, _ in kept], return_inverse=True)
    places = [np.flatnonzero(member == g) for g in range(len(names))]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(1000):
        chosen = np.concatenate([places[g] for g in rng.integers(0, len(names), len(names))])
        if 0 < studio[chosen].sum() < len(chosen):
            auc = roc_auc_score(studio[chosen], z[chosen])
            draws.append((auc, balanced_accuracy(z[chosen], studio[chosen])))
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    return {name: [float(low[k]), float(high[k])] for k, name in enumerate(("auc", "balanced"))}


def line(name: str, figures: dict[str, float]) -> str:
    """One readable line."""
    keys = ("auc", "auc_hard", "balanced", "hard", "people", "macro_groups", "log_loss", "ece")
    return f"{name}: " + " ".join(f"{k} {figures[k]:.4f}" for k in keys)
