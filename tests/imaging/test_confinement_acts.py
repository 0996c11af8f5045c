"""What a child that was taken over by a picture cannot do; and could, were it not confined.

Every act is tried twice, with the defence and without, so that none passes because it would have
failed anyway.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from hostile_parent import Hostile, confines
from studio_detector.imaging import child as child_module
from studio_detector.imaging.readable import own_files

pytestmark = confines

SECRET = "the secret"


@pytest.fixture
def secret(tmp_path):
    """A file that is none of the child's business."""
    path = tmp_path / "secret"
    path.write_text(SECRET)
    return path


@pytest.fixture
def victim():
    """Another process of the same user, with a secret in its environment."""
    with subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"],
        stdout=subprocess.PIPE,
        env={**os.environ, "VICTIM": SECRET},
    ) as process:
        process.stdout.readline()
        yield process.pid
        process.kill()


@contextlib.contextmanager
def telling(listener):
    """Tell the secret to everybody who connects."""

    def tell():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.sendall(SECRET.encode())
                connection.close()

    with listener:
        listener.listen()
        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def both(act, of=None, **options):
    """What comes of an act without the defence, and with it."""
    with Hostile("off", **options) as free:
        unhindered = free.manages(act, of)
    with Hostile("auto", **options) as confined:
        assert confined.confinement.is_full
        return unhindered, confined.manages(act, of)


class TestFiles:
    @pytest.mark.parametrize("place", ["temporary", "working"])
    def test_it_writes_no_file(self, tmp_path, monkeypatch, place):
        """Neither in a temporary folder nor where it was started."""
        monkeypatch.chdir(tmp_path)
        path = str(tmp_path / "new") if place == "temporary" else "new"

        assert ("written", None) == both("write", path)

    @pytest.mark.parametrize(
        "act", ["overwrite", "truncate", "link", "rename", "mkdir", "fifo", "memory_file"]
    )
    def test_it_changes_none(self, tmp_path, act):
        """Nor its name, nor what is beside it."""
        changed = {}
        for sandbox in ("off", "auto"):
            path = tmp_path / sandbox
            path.write_text(SECRET)
            with Hostile(sandbox) as child:
                changed[sandbox] = child.manages(act, str(path)) is not None

        assert {"off": True, "auto": False} == changed
        assert SECRET == (tmp_path / "auto").read_text()

    @pytest.mark.parametrize("lacks", ["landlock", "seccomp"])
    def test_one_wall_is_enough_to_keep_it_from_writing(self, tmp_path, lacks):
        """Each of the two."""
        with Hostile(lacks=[lacks]) as child:
            assert child.manages("write", str(tmp_path / "new")) is None

    def test_limits_alone_let_nothing_into_a_file(self, tmp_path):
        """As on systems that have no more."""
        with Hostile(lacks=["landlock", "seccomp"]) as child:
            assert child.manages("write", str(tmp_path / "new")) is None
            assert child.manages("open_many") is None
        assert not (tmp_path / "new").read_bytes()

    def test_it_reads_no_file_of_ours(self, secret):
        """By no name of it."""
        for path in (secret, f"/proc/self/root{secret}", f"/proc/self/cwd/{relative(secret)}"):
            assert (SECRET, None) == both("read", str(path))

    def test_it_reads_no_file_of_the_system(self):
        """As the list of users."""
        unhindered, confined = both("read", "/etc/passwd")

        assert "root" in unhindered
        assert confined is None

    def test_who_opens_pictures_by_their_paths_reads_all_and_writes_nothing(self, secret):
        """As workers of a batch."""
        with Hostile(reads_all=True) as child:
            assert child.confinement.is_full
            assert SECRET == child.manages("read", str(secret))
            assert child.manages("write", f"{secret}.new") is None
            assert child.manages("overwrite", str(secret)) is None

    def test_folders_of_the_import_path_are_not_open_for_being_there(self, secret, monkeypatch):
        """With `python -m`, the current folder is one of them."""
        monkeypatch.syspath_prepend(str(secret.parent))

        assert (SECRET, None) == both("read", str(secret))

    def test_an_entry_of_the_import_path_that_nobody_may_look_up_is_passed_over(self, monkeypatch):
        """Such as one below a folder of root; imports pass over it, too."""

        def refuse(path: Path) -> bool:
            raise PermissionError(path)

        expected = set(own_files())
        monkeypatch.syspath_prepend("/root/closed")
        monkeypatch.setattr(Path, "is_file", refuse)

        assert expected >= set(own_files())

    def test_its_own_modules_stay_readable(self):
        """Libraries are loaded when they are first needed."""
        assert None not in both("read", child_module.__file__)
        assert None not in both("read", pytest.__file__)


class TestNetwork:
    def test_it_connects_by_no_tcp(self):
        """Not even to this machine."""
        listener = socket.create_server(("127.0.0.1", 0))
        with telling(listener):
            assert (SECRET, None) == both("tcp", listener.getsockname()[1])

    def test_it_sends_no_udp(self):
        """As a name to be resolved."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))

            assert ("4", None) == both("udp", receiver.getsockname()[1])

    @pytest.mark.parametrize("kind", ["path", "abstract"])
    def test_it_connects_to_no_unix_socket(self, tmp_path, kind, monkeypatch):
        """As those of databases."""
        monkeypatch.chdir(tmp_path)
        address = "socket" if kind == "path" else f"\0studio-detector-test-{os.getpid()}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        with telling(listener):
            assert (SECRET, None) == both("unix", address)

    def test_it_listens_to_nobody(self):
        """On any port."""
        unhindered, confined = both("listen")

        assert unhindered.isdigit()
        assert confined is None


class TestProcesses:
    @pytest.mark.parametrize("act", ["run", "spawn", "fork", "execute", "namespace"])
    def test_it_starts_no_process(self, act):
        """By no call."""
        if act == "namespace" and os.geteuid():
            pytest.skip("needs root without the defence")
        unhindered, confined = both(act)

        assert unhindered is not None
        assert confined is None

    @pytest.mark.parametrize(
        "act", ["kill", "touch", "trace", "copy_memory", "read_memory", "read_environment"]
    )
    def test_it_touches_no_other_process(self, victim, act):
        """Not by signals, not by its memory, not by its environment."""
        if act == "read_environment":
            name, of = "read", f"/proc/{victim}/environ"
        else:
            name, of = act, victim
        with Hostile("auto") as confined:
            assert confined.manages(name, of) is None
            assert confined.manages("touch", os.getpid()) is None
            assert confined.manages("read", f"/proc/{os.getpid()}/environ") is None
        with Hostile("off") as free:
            unhindered = free.manages(name, of)

        assert unhindered is not None
        assert act != "read_environment" or SECRET in unhindered

    @pytest.mark.parametrize("lacks", [[], ["seccomp"]])
    def test_it_does_not_lift_its_limits(self, lacks):
        """The kernel holds them, and the filter refuses to ask."""
        assert ("None", None) == both("raise_limit", "RLIMIT_FSIZE")
        with Hostile(lacks=lacks) as child:
            assert child.manages("raise_limit", "RLIMIT_FSIZE") is None


class TestInheritance:
    @pytest.mark.parametrize("is_defended", [True, False])
    def test_it_inherits_no_secret(self, monkeypatch, is_defended):
        """Whatever its name."""
        monkeypatch.setenv("STUDIO_DETECTOR_SERVICE_SECRET", SECRET)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        if not is_defended:
            monkeypatch.setattr(child_module, "child_environment", dict)
        with Hostile() as child:
            found = {
                child.manages("environment", "STUDIO_DETECTOR_SERVICE_SECRET"),
                child.manages("environment", "AWS_SECRET_ACCESS_KEY"),
            }
            own = child.manages("read", "/proc/self/environ")

        assert {None if is_defended else SECRET} == found
        assert is_defended == (SECRET not in (own or ""))

    def test_it_inherits_where_programs_are_and_the_language(self, monkeypatch):
        """What the interpreter works by."""
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        with Hostile() as child:
            assert os.environ["PATH"] == child.manages("environment", "PATH")
            assert "C.UTF-8" == child.manages("environment", "LC_ALL")

    def test_it_inherits_what_its_numbers_depend_on(self, monkeypatch):
        """To the last bit: the libraries add up in other orders for other processors."""
        monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
        monkeypatch.setenv("OPENCV_CPU_DISABLE", "AVX512_SKX")
        with Hostile() as child:
            assert "Haswell" == child.manages("environment", "OPENBLAS_CORETYPE")
            assert "AVX512_SKX" == child.manages("environment", "OPENCV_CPU_DISABLE")

    @pytest.mark.parametrize("is_defended", [True, False])
    def test_it_keeps_no_descriptor_of_ours(self, secret, monkeypatch, is_defended):
        """Not even one that others are to inherit."""
        if not is_defended:
            unsafe = partial(subprocess.Popen, close_fds=False)
            monkeypatch.setattr(child_module.subprocess, "Popen", unsafe)
        number = os.open(secret, os.O_RDONLY)
        try:
            os.set_inheritable(number, True)
            with Hostile() as child:
                found = child.manages("descriptor", number)
        finally:
            os.close(number)

        assert (None if is_defended else SECRET) == found


def relative(path):
    return os.path.relpath(path, Path.cwd())
