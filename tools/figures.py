"""Write docs/figures/shipped.json, the test figures of every shipped model, and its tables.

Usage: figures.py (reads the photo set named by STUDIO_PHOTOS). A test holds the shipped
models against this file, so that nobody changes their accuracy unawares. The tables stand in
docs/learning.md and docs/evaluation.md.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from figure_pages import goals_table, learning_tables

from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.report.assess import assess
from studio_detector.learning.report.console import assessment_text

DOCS = Path(__file__).resolve().parents[1] / "docs"
FIGURES = DOCS / "figures" / "shipped.json"


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
    fill(DOCS / "learning.md", "figures", learning_tables(figures, load_model("cues")))
    fill(DOCS / "evaluation.md", "goals", goals_table(figures))


def fill(page: Path, name: str, text: str) -> None:
    """Replace what stands between the two markers of a part."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new = pattern.sub(lambda _: f"{begin}\n\n{text.strip()}\n\n{end}", old)
    page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
