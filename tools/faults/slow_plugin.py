"""An analysis that takes two seconds for pictures that ask for it by their first pixel."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec

if TYPE_CHECKING:
    from studio_detector.planes import Planes

NAME = "slow_plugin"
#: Of the first pixel.
COLOUR = (12, 34, 56)
SLOW_S = 2.0

SPEC = AnalysisSpec(
    name="slow",
    version=1,
    phase="lighting",
    title="Slow",
    summary="Takes its time.",
    measures=(MeasureSpec(name="asked", summary="None", unit="1", low=0, high=1),),
)


def install(folder: Path) -> None:
    """Lay the plugin out in a folder as pip would; it then goes on the import path."""
    source = Path(__file__).read_text(encoding="utf-8")
    (folder / f"{NAME}.py").write_text(source, encoding="utf-8")
    metadata = folder / f"{NAME}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[studio_detector.analyses]\nslow = {NAME}\n")


def measure(planes: Planes) -> Measurement:
    """Sleep if asked to."""
    is_asked = tuple(int(level) for level in planes.rgb[0, 0]) == COLOUR
    if is_asked:
        time.sleep(SLOW_S)
    return Measurement.of(SPEC, {"asked": float(is_asked)})
