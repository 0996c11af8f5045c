"""Children leave the cores to whoever answers requests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_CODE = """
import os
from studio_detector.service.children import worker
worker.serve = lambda _: print(os.nice(0))
worker.main()
"""


@pytest.mark.skipif(not hasattr(os, "nice"), reason="there is no such thing here")
def test_a_child_is_nicer_than_its_parent():
    """So that all cores may be at work on pictures while `/livez` is answered at once."""
    said = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)

    assert int(said.stdout) > os.nice(0) or os.nice(0) == 19
