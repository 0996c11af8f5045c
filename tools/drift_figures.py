"""Measure the drift of known photographs and fill the table of docs/service/observability.md.

Usage: drift_figures.py (reads the photo set named by STUDIO_PHOTOS)

The test split is compared with the training split, as it is and changed; what the changes are,
`studio_detector.learning.studies.alterations` says. Details are left out: too few are in doubt.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import cv2

from figures import fill
from studio_detector.decision.distribution import load_distribution
from studio_detector.errors import InputError
from studio_detector.imaging import load
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.studies.alterations import ALTERATIONS
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting import grid
from studio_detector.service.metrics.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.decision.distribution import Distribution
    from studio_detector.pipeline.report import Report

PAGE = Path(__file__).resolve().parents[1] / "docs" / "service" / "observability.md"
CHANGES = ("one stop brighter", "one stop darker", "warm cast", "blur", "JPEG 30", "half size")
_AS_IT_IS = "as they are"
_AS_IT_IS_PX = 100_000
_CONFIDENCE = "confidence"
_LARGE = 0.25
_WORKERS = 2

#: Number -> value of one photograph.
Values = dict[str, float | None]


def main() -> None:
    """Measure, print and fill."""
    expected = load_distribution(Settings().model)
    assert expected is not None  # noqa: S101 - the default model has one
    photos = read_dataset(Path(os.environ["STUDIO_PHOTOS"])).decided().split("test").photos
    with ProcessPoolExecutor(_WORKERS, initializer=_one_thread) as pool:
        measured = list(pool.map(_measure, [photo.path for photo in photos], chunksize=8))
    kept = [(photo, row) for photo, row in zip(photos, measured, strict=True) if row is not None]
    named = {
        _AS_IT_IS: [row[_AS_IT_IS] for _, row in kept],
        "studio ones alone": [row[_AS_IT_IS] for photo, row in kept if photo.label == "studio"],
        **{change: [row[change] for _, row in kept] for change in CHANGES},
    }
    rows = [_row(name, _drifts(expected, values)) for name, values in named.items()]
    table = grid.markdown(
        (
            f"{len(kept)} photographs of the test split",
            "index of P(studio)",
            "median of the measurements",
            "largest",
            f"measurements above {_LARGE:g}",
        ),
        rows,
    )
    print(table)
    words = (
        "Measured by `python tools/drift_figures.py`, for the default model; without details, of "
        "which only a few dozen of these photographs have any:"
    )
    fill(PAGE, "drift", f"{words}\n\n{table}")


def _drifts(expected: Distribution, photos: list[Values]) -> tuple[float, dict[str, float]]:
    window = Window({_CONFIDENCE: expected.confidence, **expected.measures})
    for values in photos:
        window.add(values)
    found = window.drifts(fewest=1)
    return found.pop(_CONFIDENCE), found


def _row(name: str, drifts: tuple[float, dict[str, float]]) -> tuple[str, ...]:
    confidence, measures = drifts
    worst = max(measures, key=lambda key: measures[key])
    large = sum(index > _LARGE for index in measures.values())
    return (
        name,
        f"{confidence:.3f}",
        f"{median(measures.values()):.3f}",
        f"{measures[worst]:.3f} (`{worst}`)",
        f"{large} of {len(measures)}",
    )


def _one_thread() -> None:
    cv2.setNumThreads(1)


@lru_cache(maxsize=1)
def _detector() -> Detector:
    return Detector()


def _measure(path: Path) -> Mapping[str, Values] | None:
    try:
        as_it_is = _detector().analyse(path)
        original = load(path, working_size_px=_AS_IT_IS_PX).rgb
    except InputError:
        return None
    changed = {name: _detector().analyse(ALTERATIONS[name](original)) for name in CHANGES}
    return {name: _values(report) for name, report in {_AS_IT_IS: as_it_is, **changed}.items()}


def _values(report: Report) -> Values:
    values: Values = {_CONFIDENCE: report.confidence}
    for name, measurement in report.measurements.items():
        values |= {f"{name}.{measure}": value for measure, value in measurement.values.items()}
    return values


if __name__ == "__main__":
    main()
