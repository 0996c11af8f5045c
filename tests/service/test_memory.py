"""Memory of one picture is the next one's, rather than the system's in between."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Several threads hold some large buffers each, as those do that take in and hand on pictures;
# prints how many pages the system had to find for the later ones.
_WORK = """
import resource, sys, threading
from studio_detector.service.memory import reuse_memory
if sys.argv[1] == "reused" and not reuse_memory():
    sys.exit("it is not")
def work():
    for _ in range(20):
        held = [b"x" * 3_000_000 for _ in range(4)]
        held.clear()
def in_turn(count):
    for _ in range(count):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
in_turn(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
in_turn(3)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    done = subprocess.run(
        [sys.executable, "-c", _WORK, how], capture_output=True, text=True, check=False
    )
    assert "" == done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_large_buffers_are_found_where_earlier_ones_were():
    """Each of them has more than seven hundred pages."""
    assert faults("reused") < faults("as it is") / 10
