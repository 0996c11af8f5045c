"""The page on scaling says what was measured."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tool():
    spec = importlib.util.spec_from_file_location(
        "engine_figures", ROOT / "tools" / "engine_figures.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_shows_the_committed_figures():
    """Otherwise: python tools/engine_figures.py --page."""
    tool = _tool()
    page = tool.PAGE.read_text(encoding="utf-8")
    figures = json.loads(tool.FIGURES.read_text(encoding="utf-8"))

    assert tool.filled(page, figures) == page
    figures["engines"]["daft"]["picture_cpu_ms"] *= 2
    assert tool.filled(page, figures) != page


def test_a_millisecond_a_picture_is_a_thousand_seconds_a_million():
    assert pytest.approx(1000 / 3600) == _tool().core_hours(1)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_time_of_children_is_counted():
    """A child that worked for 0.3 s of processor time, and its parent, which waited."""
    work = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    child = [sys.executable, "-c", work]
    script = f"import subprocess; subprocess.run({child!r})"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        spent = {}
        _tool()._look(process.pid, spent)
        process.stdin.close()

    assert 2 == len(spent)
    assert 0.3 - 2 / os.sysconf("SC_CLK_TCK") <= sum(spent.values())
