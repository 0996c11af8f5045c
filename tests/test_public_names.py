"""The public surface of the package."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import studio_detector

PUBLIC = [
    "Detector",
    "Failure",
    "Frame",
    "Limits",
    "Report",
    "Settings",
    "StudioDetectorError",
    "__version__",
]


def test_the_public_names_are_these():
    """Adding or removing one is a decision, written down here and in the changelog."""
    assert PUBLIC == studio_detector.__all__


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_had(name):
    """Lazy names resolve."""
    assert getattr(studio_detector, name) is not None
    assert name in dir(studio_detector)


def test_an_unknown_name_is_an_attribute_error():
    """As with any module."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = studio_detector.no_such_name


def test_importing_the_package_imports_nothing_heavy():
    """`import studio_detector` must stay cheap for those who only want its version."""
    program = "import sys, json, studio_detector; print(json.dumps(sorted(sys.modules)))"

    modules = json.loads(subprocess.check_output([sys.executable, "-c", program]))

    assert not {"numpy", "cv2", "PIL", "pydantic", "click", "rich"} & set(modules)
