"""The example plugin, installed as a user would install it, and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "backlight_plugin"


@pytest.fixture(scope="module")
def plugin_folder(tmp_path_factory):
    """The plugin, installed from a copy of its sources into a folder of its own."""
    source = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(EXAMPLE, source)
    target = tmp_path_factory.mktemp("site")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--no-deps"),
            *("--python", sys.executable, "--target", target, source),
        ],
        check=True,
    )
    return target


def run(plugin_folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "studio_detector", *arguments],
        env={**os.environ, "PYTHONPATH": str(plugin_folder)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_an_installed_plugin_is_listed_beside_the_built_in_analyses(plugin_folder):
    """`analyses` shows the plugin's measure and the built-in ones."""
    listing = run(plugin_folder, "analyses", "--format", "json").stdout

    assert "backlight" in listing
    assert "colour_temperature" in listing


def test_an_installed_plugin_measures_every_photo(plugin_folder, tmp_path):
    """A bright border around a dark middle has a positive border lift of known size."""
    picture = np.full((100, 120, 3), 255, np.uint8)
    picture[20:80, 20:100] = 0
    photo = tmp_path / "photo.png"
    Image.fromarray(picture).save(photo)

    result = run(plugin_folder, "analyse", str(photo), "--quiet", "--verbose")
    line = json.loads(result.stdout)

    inside = 84 * 104
    expected = 100 - 100 * (inside - 60 * 80) / inside
    assert line["measurements"]["backlight"]["border_lift"] == pytest.approx(expected, abs=0.5)


def test_without_the_plugin_its_analysis_does_not_exist(tmp_path):
    """The plugin leaves no trace where it is not installed."""
    listing = run(tmp_path, "analyses", "--format", "json").stdout

    assert "backlight" not in listing
