"""A soak with few pictures: every one has an end, nothing escapes, nothing is left behind.

The long run is ``make soak``; its results are in docs/service/soak.md.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.soak.canary import Canary
from tools.soak.mutate import MUTATIONS, mutated
from tools.soak.pictures import changed
from tools.soak.watch import Watch

_ROOT = Path(__file__).resolve().parents[3]
_COUNT = 150
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.mark.slow
def test_a_service_gets_through_broken_pictures_unharmed():
    """No time is measured: other tests run beside it."""
    options = ["--only", "soak", "--count", str(_COUNT), "--no-edge", "--no-times"]
    ended = subprocess.run(
        [sys.executable, "-m", "tools.soak", *options],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    outcome = json.loads(ended.stdout)["soak"]

    assert [] == outcome["problems"]
    assert 0 == ended.returncode
    assert 0 == outcome["failures"] == outcome["lost"] == outcome["unfinished"]
    assert outcome["pictures"] > _COUNT
    assert outcome["pictures"] == sum(outcome["ends"].values())
    assert 0 < outcome["ends"]["done"] < outcome["pictures"]
    assert 0 < outcome["drawn"]
    assert outcome["livez"]["asked"] > 10


class TestPictures:
    """What is posted."""

    def test_a_seed_gives_the_same_pictures(self):
        """Another one others."""
        one, again = (list(changed(30, seed=7)) for _ in range(2))

        assert one == again
        assert one != list(changed(30, seed=8))

    def test_every_way_of_change_is_among_them(self):
        """And no picture is empty."""
        pictures = list(changed(300, seed=1))

        assert set(MUTATIONS) == {picture.kind for picture in pictures}
        assert all(picture.data for picture in pictures)

    @pytest.mark.parametrize("way", MUTATIONS)
    def test_a_changed_file_is_another(self, way):
        """Most of the time: a bit may be flipped back, a number be what it was."""
        chance = random.Random(1)
        data, other = bytes(range(256)) * 8, b"\xff\xd8" + bytes(500)
        others = [MUTATIONS[way](chance, data, other) != data for _ in range(50)]

        assert sum(others) > 25

    def test_files_of_one_byte_are_changed_too(self):
        """Nothing ends before it began."""
        chance = random.Random(1)

        for _ in range(500):
            assert mutated(chance, b"x", b"y")[1]


class TestCanary:
    """The canary sees what it is there to see."""

    @pytest.fixture
    def canary(self, tmp_path):
        with Canary(tmp_path / "canary") as canary:
            yield canary

    def test_what_is_left_alone_is_no_problem(self, canary):
        """Reading its own state does not touch it."""
        assert [] == canary.problems()

    def test_a_file_beside_it_is_seen(self, canary):
        """Planted: somebody wrote."""
        (canary.folder / "made").touch()

        assert ["the planted file or its folder was changed"] == canary.problems()

    def test_a_changed_file_is_seen(self, canary):
        """Planted: somebody wrote as many bytes as were there."""
        canary.file.write_text("x" * len(canary.word))

        assert ["the planted file or its folder was changed"] == canary.problems()

    def test_a_call_is_seen(self, canary):
        """Planted: somebody called."""
        import socket

        with socket.create_connection(("127.0.0.1", canary.port)) as caller:
            caller.recv(1)

        assert _soon(lambda: canary.problems() == ["the planted socket was called 1 times"])

    def test_the_lures_name_file_and_socket(self, canary):
        """In several languages, bare and inside of pictures."""
        lures = list(canary.lures())

        assert len(lures) > 30
        assert any(str(canary.port).encode() in lure for lure in lures)
        assert any(str(canary.file).encode() in lure for lure in lures)
        # Else an answer that quotes a lure would look like one that quotes the file.
        assert not any(canary.word.encode() in lure for lure in lures)


class TestWatch:
    """The watch sees what it is there to see."""

    def _found(self, *command):
        import os

        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as planted:
            assert planted.stdout.readline()
            with Watch(os.getpid(), lambda: {os.getpid(), planted.pid}) as watch:
                assert _soon(lambda: watch.facts()["samples"] > 1)
            planted.stdin.close()
        return watch

    def test_a_process_of_another_kind_is_seen(self):
        """Planted: a shell."""
        watch = self._found("/bin/sh", "-c", "echo; read x")

        assert ["a strange process: /bin/sh -c echo; read x "] == watch.problems()

    def test_a_child_of_ours_is_none_and_is_weighed(self):
        """As the service starts them."""
        code = (
            "import sys; print(flush=True); "
            "sys.stdin.read() or importlib.import_module(sys.argv[2]).main()"
        )
        watch = self._found(sys.executable, "-c", code)

        assert [] == watch.problems()
        assert watch.facts()["child_most_mib"] >= 1
        assert watch.facts()["serving_most_mib"] >= 1

    def test_a_child_with_a_socket_is_seen(self):
        """Planted: one that listens."""
        code = (
            "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(flush=True); "
            "sys.stdin.read() or importlib.import_module(sys.argv[2]).main()"
        )
        watch = self._found(sys.executable, "-c", code)

        assert ["a child has a socket of the internet"] == watch.problems()


def _soon(is_so):
    """Whether it becomes so, for threads that need a moment."""
    until = time.monotonic() + 20
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()
