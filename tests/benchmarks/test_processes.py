"""Fresh processes are measured from start to end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.processes import HELP, commands, run


def test_what_a_process_says_and_spends_is_known():
    spent = run([sys.executable, "-c", "print(sum(range(10**6)))"], os.environ)

    assert "499999500000" == spent.output.strip()
    assert spent.cpu_s > 0
    assert spent.wall_s > 0


def test_a_process_that_fails_is_no_measurement():
    with pytest.raises(RuntimeError, match="status 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], os.environ)


def test_the_help_that_is_measured_is_the_help():
    spent = run(commands(Path("photo.jpg"))[HELP], os.environ)

    assert "studio-detector" in spent.output
