"""An analysis that does to its process what hostile pictures do; the first pixel says what.

`install` lays it out in a folder as pip would, with its entry point, and a test puts that folder
on the import path, which workers inherit.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.imaging.framing import NO_MEMORY_STATUS

NAME = "hostile_plugin"
ATTEMPTS = "attempts.txt"

SPEC = AnalysisSpec(
    name="hostile",
    version=1,
    phase="lighting",
    title="Hostile",
    summary="Takes its process along.",
    measures=(MeasureSpec(name="deed", summary="None", unit="1", low=0, high=1),),
)


def install(folder):
    """Lay the plugin out in a folder that then goes on the import path."""
    (folder / f"{NAME}.py").write_text(Path(__file__).read_text())
    metadata = folder / f"{NAME}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[studio_detector.analyses]\nhostile = {NAME}\n")


def attempts(folder):
    """Deeds in the order in which they were met, one for each try.

    To be asked of processes with ``sandbox="off"``: others cannot write them down.
    """
    path = folder / ATTEMPTS
    return path.read_text().splitlines() if path.exists() else []


def _hang():
    signal.pause()


def _grow():
    hoard = []
    while True:
        hoard.append(os.urandom(1 << 24))


def _end_without_memory():
    os._exit(NO_MEMORY_STATUS)


def _garble():
    for descriptor in range(3, 64):
        # Only pipes take it, and only the one for replies is open for writing.
        with contextlib.suppress(OSError):
            os.write(descriptor, b"\xff" * 64)


def _be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def _be_killed_once():
    if 1 == attempts(Path(__file__).parent).count("be killed once"):
        _be_killed()


def _raise():
    raise ValueError("as asked")


def _damage():
    _damaged.append(True)


#: Deed -> colour of the picture that asks for it, and what is done.
DEEDS = {
    "abort": ((255, 0, 0), os.abort),
    "hang": ((0, 255, 0), _hang),
    "grow": ((0, 0, 255), _grow),
    "end without memory": ((255, 255, 0), _end_without_memory),
    "garble": ((0, 255, 255), _garble),
    "damage": ((255, 0, 255), _damage),
    "raise": ((255, 128, 0), _raise),
    "be killed once": ((0, 128, 255), _be_killed_once),
    "be killed": ((128, 255, 0), _be_killed),
}
# What a faulty decoder would leave behind in the memory of its process.
_damaged = []


def measure(planes):
    """Do what the first pixel asks for, and write down that it was asked."""
    first = tuple(int(level) for level in planes.rgb[0, 0])
    if _damaged:
        os.abort()
    for deed, (colour, do) in DEEDS.items():
        if colour == first:
            with (
                contextlib.suppress(OSError),
                (Path(__file__).parent / ATTEMPTS).open("a") as file,
            ):
                file.write(deed + "\n")
            do()
    return Measurement.of(SPEC, {"deed": 0.0})
