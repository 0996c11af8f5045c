"""The parent's side of `hostile_child`."""

from __future__ import annotations

import platform

import pytest

from studio_detector.errors import IsolationError
from studio_detector.imaging.child import Child
from studio_detector.imaging.framing import read_message, write_message
from studio_detector.imaging.landlock import abi
from studio_detector.imaging.seccomp import ARCHITECTURES

#: Skips where the system cannot confine fully.
confines = pytest.mark.skipif(
    not abi() or platform.machine() not in ARCHITECTURES,
    reason="this kernel has no Landlock, or there is no filter for this machine",
)


class Hostile:
    """A child that does what it is told.

    Args:
        sandbox: As for children that meet pictures.
        lacks: What the system shall seem to lack: "landlock", "seccomp", or "solitude", which is
            to be the only thread.
        reads_all: As for workers of a batch.
    """

    def __init__(self, sandbox="auto", *, lacks=(), reads_all=False):
        self._child = Child("hostile_child", activity="hostile")
        self._child.start({"sandbox": sandbox, "lacks": list(lacks), "reads_all": reads_all})
        self.confinement = self._child.confinement

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stop(at_once=True)

    def manages(self, act, of=None):
        """Do it; what came of it, or None if it was refused."""
        try:
            with self._child.conversation(60):
                write_message(self._child.requests, {"act": act, "of": of})
                header, _ = read_message(self._child.replies, 0)
        except IsolationError:
            return "another program took its place"
        return header.get("got")
