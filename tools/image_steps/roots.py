"""Roots to build in: this machine's own file system, on which nothing that is written stays.

An overlay over ``/`` takes what is written into memory. It stands in for the base image, so what
this machine has and the base image lacks is not noticed by running; `foreign_libraries` looks
for that.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Shared libraries that Debian's slim images of Python have, the loader and Python included.
SLIM_LIBRARIES = re.compile(
    r"(?:ld-linux-[\w-]+|lib(?:c|m|dl|rt|util|pthread|resolv|stdc\+\+|gcc_s|z|python3\.\d+))\.so[.\d]*"
)
#: Where a base image has its programs.
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NEW_NETWORK = 0x4000_0000
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1
_LIBRARY = re.compile(r"^\s+(\S+)(?: => (\S+|not found))?(?: \(0x[0-9a-f]+\))?$", re.MULTILINE)


class Root:
    """A file system to build in.

    Args:
        folder: An empty folder for it, in memory.
        hidden: Folders of this machine that the base image would not have.
    """

    def __init__(self, folder: Path, hidden: Sequence[Path]) -> None:
        self.path = folder / "root"
        layers = [folder / name for name in ("upper", "work")]
        for made in (self.path, *layers):
            made.mkdir(parents=True)
        places = f"lowerdir=/,upperdir={layers[0]},workdir={layers[1]}"
        mount("-t", "overlay", "overlay", "-o", places, self.path)
        for system in ("dev", "proc", "sys"):
            mount("--rbind", f"/{system}", self.path / system)
        for place in ("tmp", "opt", *(str(one).lstrip("/") for one in hidden)):
            mount("-t", "tmpfs", "-o", "mode=1777" if place == "tmp" else "mode=755", "tmpfs",
                  self.path / place)  # fmt: skip
        python = Path(sys.base_prefix, "bin")
        if not (python / "python").exists():
            (self.path / "usr/local/bin/python").symlink_to(python / "python3")
        self.environment = {"PATH": f"{python}:{_SYSTEM_PATH}"}
        # A Python below the home of root must be reached by the user of the image.
        for above in (one for one in python.parents if one != Path("/")):
            (self.path / above.relative_to("/")).chmod(0o755)

    def within(self, place: str) -> Path:
        """A place inside, as it is called outside."""
        return self.path / place.lstrip("/")

    def command(
        self, words: Sequence[str], *, folder: str, environment: dict[str, str], user: str = ""
    ) -> list[str]:
        """The words that run a command inside.

        Args:
            words: The command.
            folder: Where it runs.
            environment: All variables that it has.
            user: ``uid:gid`` to become, for good and without any privilege; "" stays root.
        """
        uid, _, gid = user.partition(":")
        become = (
            ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs",
             "--bounding-set=-all", "--inh-caps=-all"]
            if user
            else []
        )  # fmt: skip
        variables = [f"{name}={value}" for name, value in environment.items()]
        inside = [*become, "env", "-i", f"--chdir={folder}", *variables, *words]
        return ["chroot", str(self.path), *inside]

    def make_read_only(self, user: str, volumes: Sequence[str]) -> None:
        """Close it, but for ``/tmp`` and the volumes, as ``--read-only`` does.

        Args:
            user: ``uid:gid``; whose the volumes are.
            volumes: Places inside; what the image has there is hidden.
        """
        uid, _, gid = user.partition(":")
        options = "nosuid,nodev,noexec"
        mount("-o", f"remount,size=64m,mode=1777,{options}", self.path / "tmp")
        for volume in volumes:
            mount("-t", "tmpfs", "-o", f"mode=700,uid={uid},gid={gid},{options}", "tmpfs",
                  self.within(volume))  # fmt: skip
        for place in ("opt", "."):
            mount("-o", "remount,bind,ro", self.path / place)

    def foreign_libraries(self, folder: str) -> set[str]:
        """Shared libraries that what is in a folder needs, and a slim base image does not have.

        Args:
            folder: Inside; what it brings itself does not count.
        """
        found = set()
        brought = {file.name for file in self.within(folder).rglob("*.so*")}
        for file in sorted(self.within(folder).rglob("*.so*")):
            inside = "/" + str(file.relative_to(self.path))
            told = subprocess.run(
                ["chroot", str(self.path), "ldd", inside],  # noqa: S607 - the system's own
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            for name, place in _LIBRARY.findall(told.stdout):
                library = Path(name).name
                # One that is brought may find another that is brought only once Python has loaded
                # that; and what is "vdso" is the kernel's.
                is_there = place.startswith(folder) or library in brought or "vdso" in library
                if not is_there and not SLIM_LIBRARIES.fullmatch(library):
                    found.add(library)
        return found


def mount(*words: object) -> None:
    """Mount something; it is gone when this process and its children are."""
    subprocess.run(["mount", *map(str, words)], check=True)  # noqa: S607 - the system's own


def leave_network() -> None:
    """Move this process, and whom it starts, into a network of their own that has a loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no network of its own")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14s", b"lo", 0, b"")
        (flags,) = struct.unpack_from("H", ioctl(any_socket, _GET_FLAGS, asked), 16)
        ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14s", b"lo", flags | _IS_UP, b""))


def copy(source: Path, target: Path) -> None:
    """Copy a file or what is in a folder, as COPY does."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def may_mount() -> bool:
    """Whether this process may do what is done here: root, on a Linux with overlays."""
    try:
        kinds = Path("/proc/filesystems").read_text()
    except OSError:
        return False
    return os.geteuid() == 0 and "\toverlay\n" in kinds
