"""A picture that takes its child along is one failure with a code, and nobody else notices."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import hostile_plugin
from hostile_plugin import DEEDS
from kept_pictures import file, sha256
from pool_photos import encoded, flat
from studio_detector.batch.supervisor import error_code
from studio_detector.errors import IsolationError
from studio_detector.pipeline.settings import Settings

MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="signals, and RLIMIT_AS as Linux does it"
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder on the import path, with the hostile analysis installed."""
    hostile_plugin.install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def deed(name):
    """A file that asks for it."""
    return flat(DEEDS[name][0])


def analyse(children, data, **more):
    row = children.analyse(data, sha256=sha256(data), variant="default", phases="auto", **more)
    return error_code(row)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("abort", "crashed"),
        ("garble", "crashed"),
        ("grow", "memory"),
        ("end without memory", "memory"),
        ("be killed", "memory"),
        ("raise", "analysis_failed"),
    ],
)
def test_what_it_does_is_its_code(make_children, name, expected):
    """Whether or not a question is asked in the midst."""
    with make_children({"default": Settings()}, memory_bytes=400 * MIB) as children:
        codes = [
            analyse(children, file(1)),
            analyse(children, deed(name), wants_near=lambda *_: None),
            analyse(children, file(1)),
        ]

    assert [None, expected, None] == codes


def test_a_hanging_picture_is_stopped_once(make_children, folder):
    """By the wall clock; trying again would hang as long."""
    with make_children({"default": Settings()}, timeout_s=3, sandbox="off") as children:
        children.start()
        codes = [analyse(children, deed("hang")), analyse(children, file(1))]

    assert ["timeout", None] == codes
    assert ["hang"] == hostile_plugin.attempts(folder)


def test_damage_done_by_another_picture_is_not_blamed_on_this_one(make_children, folder):
    """It is tried again in a fresh child."""
    with make_children({"default": Settings()}, sandbox="off") as children:
        codes = [analyse(children, deed("damage")), analyse(children, file(1))]

    assert [None, None] == codes
    assert ["damage"] == hostile_plugin.attempts(folder)


@pytest.mark.usefixtures("folder")
def test_the_other_children_go_on(make_children):
    """Good ones among hostile ones, from many threads."""
    names = ["abort", None, "garble", None, "raise", None, "end without memory", None]
    with make_children({"default": Settings()}, size=2) as children, ThreadPoolExecutor(4) as pool:
        codes = list(
            pool.map(lambda n: analyse(children, file(1) if n is None else deed(n)), names)
        )

    assert ["crashed", None, "crashed", None, "analysis_failed", None, "memory", None] == codes


def test_what_is_estimated_not_to_fit_is_refused_as_memory(make_children):
    """Before decoding, and the child stays."""
    large = encoded(np.full((3000, 4000, 3), 128))
    with make_children({"default": Settings()}, memory_bytes=96 * MIB) as children:
        analyse(children, file(1))
        pid = children._analysts[0]._child._process.pid

        assert "memory" == analyse(children, large)
        assert pid == children._analysts[0]._child._process.pid


def test_a_child_that_died_while_it_rested_costs_nothing(make_children):
    """As one does that a system out of memory kills."""
    with make_children({"default": Settings()}) as children:
        analyse(children, file(1))
        process = children._analysts[0]._child._process
        process.kill()
        process.wait()

        assert analyse(children, file(1)) is None


def test_children_are_replaced_in_time(make_children):
    """After as many pictures as asked."""
    with make_children({"default": Settings()}, recycle_after=2) as children:
        pids = []
        for _ in range(4):
            analyse(children, file(1))
            pids.append(children._analysts[0]._child._process.pid)

    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_no_child_at_all_is_not_the_picture_s_fault(make_children, monkeypatch):
    """It is raised, not a row."""
    from studio_detector.batch import keeper

    def no_process(*_args, **_options):
        raise OSError("no more processes")

    monkeypatch.setattr(keeper, "Child", no_process)
    monkeypatch.setattr(keeper, "_START_PAUSES_S", (0.0, 0.0))
    with make_children() as children, pytest.raises(IsolationError, match="could not be started"):
        analyse(children, file(1))
