"""Write docs/figures/shipped.json: the test figures of every shipped model.

Usage: figures.py (reads the photo set named by STUDIO_PHOTOS). A test holds the shipped
models against this file, so that nobody changes their accuracy unawares.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.evaluate import evaluate

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures" / "shipped.json"


def main() -> None:
    """Measure all shipped models on the test split."""
    dataset = read_dataset(Path(os.environ["STUDIO_PHOTOS"]))
    figures = {}
    for name in shipped_models():
        result = evaluate(dataset, load_model(name), split="test")
        print(result.text(), end="\n\n")
        figures[name] = result.to_dict()
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
