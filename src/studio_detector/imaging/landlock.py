"""Landlock: the files and the network that a process gives up for good (Linux).

Rights that a kernel does not know yet are left out, so that the same code serves every version;
see "Landlock: unprivileged access control" in the documentation of the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from typing import TYPE_CHECKING

from studio_detector.imaging import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# First version of the interface -> all rights on files that it knows.
_FILE_RIGHTS = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1), (1, (1 << 13) - 1))
_BIND_AND_CONNECT, _SINCE_NETWORK = 0b11, 4
_ABSTRACT_SOCKETS_AND_SIGNALS, _SINCE_SCOPES = 0b11, 6


# What is handled of files, of the network, and of what lies between processes.
_RULESET = struct.Struct("=QQQ")
# What is allowed, and the descriptor of the place.
_PATH_BENEATH = struct.Struct("=Qi")


def abi() -> int:
    """Version of the interface that the kernel offers; 0 without Landlock."""
    if sys.platform != "linux":
        return 0
    try:
        return kernel.call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[Path] | None) -> int:
    """Give up writing files and running programs, reading but what is named, and the network.

    Of the network, TCP is given up from version 4 on, and abstract sockets, with signals to
    others, from 6 on. It holds for the calling thread and for those that it starts. "No new
    privileges" must have been set before.

    Args:
        readable: Files and folders that stay readable, with all below; what does not exist is
            skipped. None leaves everything readable.

    Returns:
        The version that was used; 0 without Landlock.

    Raises:
        OSError: If the kernel refuses.
    """
    version = abi()
    if not version:
        return 0
    rights = next(rights for since, rights in _FILE_RIGHTS if since <= version)
    if readable is None:
        rights &= ~(_READ_FILE | _READ_DIR)
    wanted = ctypes.create_string_buffer(
        _RULESET.pack(
            rights,
            _BIND_AND_CONNECT if version >= _SINCE_NETWORK else 0,
            _ABSTRACT_SOCKETS_AND_SIGNALS if version >= _SINCE_SCOPES else 0,
        )
    )
    # Older kernels take the longer form if what they do not know is zero.
    ruleset = kernel.call(_CREATE_RULESET, ctypes.addressof(wanted), _RULESET.size, 0)
    try:
        for path in readable or ():
            # Also what cannot even be looked up by this user.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _allow(ruleset, path)
        kernel.call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: Path) -> None:
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        rule = ctypes.create_string_buffer(_PATH_BENEATH.pack(allowed, parent))
        kernel.call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(parent)
