"""Tells from the pixels whether a photograph was lit in a studio or by natural light.

::

    from studio_detector import Detector

    report = Detector().analyse("portrait.jpg")
    report.is_studio, report.confidence, report.label

Names are imported when they are first used, so that ``import studio_detector`` costs
next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.errors import StudioDetectorError
    from studio_detector.imaging import Frame, Limits
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.report import Failure, Report
    from studio_detector.pipeline.settings import Settings
    from studio_detector.version import VERSION as __version__  # noqa: N811 - the customary name

__all__ = [
    "Detector",
    "Failure",
    "Frame",
    "Limits",
    "Report",
    "Settings",
    "StudioDetectorError",
    "__version__",
]

_HOMES = {
    "Detector": ("studio_detector.pipeline.detector", "Detector"),
    "Failure": ("studio_detector.pipeline.report", "Failure"),
    "Frame": ("studio_detector.imaging", "Frame"),
    "Limits": ("studio_detector.imaging", "Limits"),
    "Report": ("studio_detector.pipeline.report", "Report"),
    "Settings": ("studio_detector.pipeline.settings", "Settings"),
    "StudioDetectorError": ("studio_detector.errors", "StudioDetectorError"),
    "__version__": ("studio_detector.version", "VERSION"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value: object = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
