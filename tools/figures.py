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
from studio_detector.learning.report.assess import assess
from studio_detector.learning.report.console import assessment_text

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures" / "shipped.json"


def main() -> None:
    """Measure all shipped models on the test split."""
    dataset = read_dataset(Path(os.environ["STUDIO_PHOTOS"]))
    names = shipped_models()
    found = assess(dataset, [load_model(name) for name in names], split="test", worst=0)
    print(assessment_text(found))
    told = found.to_dict()
    kept = ("model", "figures", "phases", "abstention", "slices")
    figures = {
        "judged": told["judged"],
        "shortcut": told["rivals"][0]["figures"],
        "models": {
            name: {key: model[key] for key in kept}
            for name, model in zip(names, told["models"], strict=True)
        },
    }
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
