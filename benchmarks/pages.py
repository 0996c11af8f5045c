"""What a page costs: CPU milliseconds to look and to write, and bytes, for photos given.

    python benchmarks/pages.py PHOTO... [--model NAME]

Each photo is looked at with and without the map of the evidence; the first, which pays for
imports and templates, is looked at once before.
"""

from __future__ import annotations

import argparse
import statistics
from time import process_time

import cv2

from studio_detector import Detector, Settings
from studio_detector.cli.explain_see import Eye
from studio_detector.reporting.page.photo_page import photo_page
from studio_detector.sources.photo import Photo


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument("--model", default=Settings().model)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    detector = Detector(Settings(model=given.model))
    for evidence_map in (False, True):
        eye = Eye(
            detector=detector,
            settings=(),
            most=None,
            draws=True,
            evidence_map=evidence_map,
            timing=True,
        )
        measured(eye, given.photos[0])
        rows = [measured(eye, path) for path in given.photos]
        look, page, size = (
            f"{statistics.median(column):,.0f} (at most {max(column):,.0f})"
            for column in zip(*rows, strict=True)
        )
        print(f"{'with' if evidence_map else 'without'} the map of the evidence:")
        print(f"  look and draw {look} ms, write the page {page} ms, {size} bytes")


def measured(eye: Eye, path: str) -> tuple[float, float, float]:
    """Milliseconds of CPU to look, to write the page, and the bytes of the page."""
    start = process_time()
    seen = eye.look(Photo(source=path, path=path))
    looked = process_time()
    page = photo_page(seen, eye.context).encode()
    return (looked - start) * 1000, (process_time() - looked) * 1000, len(page)


if __name__ == "__main__":
    main()
