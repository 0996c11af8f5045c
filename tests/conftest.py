"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

import hypothesis
import pytest

import page_browser
import socket_births

# What takes long on a busy machine is no defect; times are measured in benchmarks.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Images of containers set it. Without bytecode, each worker of pytest rewrites the assertions of
# all tests, and each process that a test starts compiles the product, again and again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def _folder(variable: str, name: str) -> Path:
    given = os.environ.get(variable)
    folder = Path(given) if given else _SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{variable} names no folder")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without looking for garbage: what is collected lives until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
