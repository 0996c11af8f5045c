"""A child that confines itself as those that meet pictures do, and then does what it is told.

The parent sends the name of an act with what it needs, and hears how it went: ``{"got": ...}``,
or ``{"refused": ...}`` with the reason. `main` is an entry for `studio_detector.imaging.child`.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from studio_detector.errors import StudioDetectorError
from studio_detector.imaging import landlock, sandbox, seccomp
from studio_detector.imaging.child import describe_error
from studio_detector.imaging.confinement import private_pipes
from studio_detector.imaging.framing import read_message, write_message

_ATTACH, _DETACH = 16, 17
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _write(path):
    Path(path).write_text("written")
    return Path(path).read_text()


def _overwrite(path):
    with Path(path).open("r+b") as file:
        return file.write(b"x")


def _link(path):
    os.link(path, path + ".link")


def _rename(path):
    Path(path).rename(path + ".moved")


def _mkdir(path):
    Path(path + ".folder").mkdir()


def _fifo(path):
    os.mkfifo(path + ".fifo")


def _truncate(path):
    os.truncate(path, 0)


def _memory_file(_):
    return _checked(_libc.memfd_create(b"x", 0))


def _read(path):
    with Path(path).open("rb") as file:
        return file.read(1 << 16).decode("latin-1")


def _read_memory(process):
    """The first bytes of the stack of another process."""
    with Path(f"/proc/{process}/maps").open(encoding="utf-8") as lines:
        start = next(int(line.split("-")[0], 16) for line in lines if "[stack]" in line)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as file:
        file.seek(start)
        return len(file.read(16))


def _copy_memory(process):
    """The same by a call of its own, from an address that need not exist."""

    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))

    here = ctypes.create_string_buffer(8)
    local, remote = Piece(ctypes.addressof(here), 8), Piece(0x1000, 8)
    try:
        _checked(
            _libc.process_vm_readv(process, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
        )
    except OSError as error:
        # It would have been allowed, were there anything.
        if error.strerror != "Bad address":
            raise


def _trace(process):
    _checked(_libc.ptrace(_ATTACH, process, 0, 0))
    os.waitpid(process, 0x40000000)
    _libc.ptrace(_DETACH, process, 0, 0)


def _kill(process):
    os.kill(process, 9)


def _touch(process):
    """See whether a signal would arrive."""
    os.kill(process, 0)


def _tcp(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        return connection.recv(16).decode()


def _udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        return connection.sendto(b"told", ("127.0.0.1", port))


def _unix(address):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        return connection.recv(16).decode()


def _listen(_):
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _run(_):
    return subprocess.run([sys.executable, "-c", "print(1)"], check=True, stdin=subprocess.DEVNULL)


def _spawn(_):
    process = os.posix_spawn(shutil.which("true"), ["true"], {})
    os.waitpid(process, 0)


def _fork(_):
    if not (process := os.fork()):
        os._exit(0)
    os.waitpid(process, 0)


def _execute(_):
    os.execv(shutil.which("true"), ["true"])


def _namespace(_):
    _checked(_libc.unshare(0x00020000))


def _raise_limit(name):
    kind = getattr(resource, name)
    resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _environment(name):
    return os.environ[name]


def _descriptor(number):
    return os.read(number, 16).decode()


def _in_thread(path):
    """Read from a thread that began before."""
    _wishes.append(path)
    _wake.set()
    _thread.join()
    if isinstance(_found[0], OSError):
        raise _found[0]
    return _found[0]


def _open_many(_):
    return len([os.open(sys.executable, os.O_RDONLY) for _ in range(1000)])


#: Name -> act, which takes what the parent sends.
ACTS = {name.removeprefix("_"): act for name, act in list(globals().items()) if callable(act)}

_wake = threading.Event()
_wishes, _found = [], []
_thread = threading.Thread(daemon=True, target=lambda: _wake.wait() and _found.append(_attempt()))


def _attempt():
    try:
        return _read(_wishes[0])
    except OSError as error:
        return error


def _confined(settings):
    if "landlock" in settings["lacks"]:
        landlock.abi = lambda: 0
    if "seccomp" in settings["lacks"]:
        seccomp.ARCHITECTURES = {}
    if "solitude" in settings["lacks"]:
        _thread.start()
    return sandbox.confine(settings["sandbox"], reads_all=settings["reads_all"])


def main():
    """Serve until the parent is gone."""
    requests, replies = private_pipes()
    try:
        settings, _ = read_message(requests, 0)
        try:
            confinement = _confined(settings)
        except StudioDetectorError as error:
            write_message(replies, describe_error(error))
            return
        write_message(replies, {"confinement": confinement.to_plain()})
        while True:
            request, _ = read_message(requests, 0)
            try:
                got = ACTS[request["act"]](request["of"])
            except (OSError, ValueError, KeyError) as error:
                write_message(replies, {"refused": repr(error)})
            else:
                write_message(replies, {"got": str(got)})
    except (EOFError, OSError):
        return
