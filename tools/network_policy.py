"""When should the network run? The table behind docs/decisions/0005-network.md.

Usage: network_policy.py (reads the photo set named by STUDIO_PHOTOS). Everything is out of
fold on the training split: the cues' logits, the network's, and the weights that join them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from studio_detector.decision.shipped import load_model
from studio_detector.learning import metrics
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.learning.fit import example_weights
from studio_detector.learning.select import Examples
from studio_detector.learning.stack import OUT_OF_FOLD, cue_logits, read_out_of_fold
from studio_detector.learning.studies.refits import joined
from studio_detector.learning.train import model_inputs

#: Bounds of the cues' confidence between which the network is asked.
BOUNDS = ((0.3, 0.7), (0.2, 0.8), (0.1, 0.9), (0.05, 0.95), (0.02, 0.98), (0.0, 1.0))
_ERROR = 0.015


def main() -> None:
    """Print one row for each pair of bounds."""
    photos = read_dataset(Path(os.environ["STUDIO_PHOTOS"])).decided().split("train").photos
    names = [photo.name for photo in photos]
    table = measure_photos(photos)
    network = read_out_of_fold(OUT_OF_FOLD, names)
    studio = np.array([photo.label == "studio" for photo in photos])
    groups = tuple(photo.group for photo in photos)
    weights = example_weights(studio, groups, group_power=0.0)
    keys = model_inputs(built_in_registry(), ("lighting",))
    examples = Examples(keys=keys, matrix=table.columns(keys), studio=studio, groups=groups)
    cues = cue_logits(load_model("cues"), "lighting", examples, network)

    def row(name: str, runs: float, confidence: np.ndarray) -> None:
        curve = metrics.risk_coverage(studio, confidence, weights)
        good = curve.coverage[curve.risk <= _ERROR]
        print(
            f"| {name} | {runs:.0%} | {metrics.auc(studio, confidence, weights):.4f} "
            f"| {metrics.balanced_accuracy(studio, confidence, weights):.4f} "
            f"| {good.max() if good.size else 0:.0%} |"
        )

    print("| the network is asked | pictures | AUC | balanced accuracy | coverage at 98.5 % |")
    print("|---|---|---|---|---|")
    alone, both = joined([cues], studio, network), joined([network.logits, cues], studio, network)
    row("never", 0.0, alone)
    for low, high in BOUNDS:
        asked = (alone >= low) & (alone <= high)
        name = "always" if (low, high) == (0.0, 1.0) else f"from {low:g} to {high:g}"
        row(name, float(np.average(asked, weights=weights)), np.where(asked, both, alone))
    row("always, without the cues", 1.0, joined([network.logits], studio, network))


if __name__ == "__main__":
    main()
