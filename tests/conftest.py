"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import pytest

import page_browser
import socket_births

# What takes long on a busy machine is no defect; times are measured in benchmarks.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def _folder(variable: str, name: str) -> Path:
    given = os.environ.get(variable)
    folder = Path(given) if given else _SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{variable} names no folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def traceable_sockets():
    """A socket that was left open says where it came from."""
    with pytest.MonkeyPatch.context() as patched:
        socket_births.remember(patched)
        yield


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Let processes that tests start be interrupted, even where this one was started not to be.

    A shell starts what it sends to the background with SIGINT ignored, and that is inherited.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def photos_folder() -> Path:
    """The labelled photograph set, or a skip."""
    return _folder("STUDIO_PHOTOS", "photos")


@pytest.fixture(scope="session")
def edge_folder() -> Path:
    """The edge-case corpus, or a skip."""
    return _folder("STUDIO_EDGE", "edge")


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests (Playwright takes one a process), or a skip that says why."""
    with page_browser.chromium() as opened:
        yield opened
