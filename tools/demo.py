"""Analyse the sample photographs that scikit-image ships, or those given.

Usage: demo.py [PHOTO ...]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from studio_detector.cli.main import main

#: A portrait by flash in front of a flag, a cat by a window, a cup on a table, a launch at dawn.
SAMPLES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


def samples_folder() -> Path:
    """Folder of the sample photographs."""
    import skimage.data  # noqa: PLC0415 - only needed without photos of one's own

    return Path(skimage.data.__file__).parent


if __name__ == "__main__":
    photos = sys.argv[1:]
    if not photos:
        # From inside their folder, so that the reports show short names.
        os.chdir(samples_folder())
        photos = list(SAMPLES)
    sys.exit(main(["analyse", "--", *photos]))
