"""The folder of the service: who may look into it, and how much room there is."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from studio_detector.service.callbacks.sign import SECRET_FILE as CALLBACK_SECRET_FILE
from studio_detector.service.checks.finding import failed, ok, warning
from studio_detector.service.secret import SECRET_FILE
from studio_detector.service.vault.master_keys import MASTER_KEY_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from studio_detector.service.checks.finding import Finding

_GIB = 1024**3
# A few uploads, their scratch files and a database that is written anew.
_LEAST_FREE_BYTES = _GIB
_OTHERS = 0o077
#: Files that only the user of the service may read.
_PRIVATE_FILES = (SECRET_FILE, MASTER_KEY_FILE, CALLBACK_SECRET_FILE)


def check_folder(data_dir: Path) -> Finding:
    """Look at the folder; one that is not there is made by the service."""
    if not data_dir.exists():
        return _check_missing(data_dir)
    if not data_dir.is_dir():
        return failed(f"{data_dir} is no folder; set data_dir to one")
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        return failed(f"{data_dir} may not be written by this user; see to its owner")
    open_to_others = _open_to_others(data_dir)
    if open_to_others:
        names = " ".join(str(path) for path in open_to_others)
        return warning(f"others may look into {names}; chmod go= {names}")
    free_bytes = shutil.disk_usage(data_dir).free
    room = f"{free_bytes / _GIB:,.1f} GiB free"
    if free_bytes < _LEAST_FREE_BYTES:
        return warning(f"{data_dir} has {room}; make room, or keep pictures for a shorter time")
    return ok(f"{data_dir}, {room}")


def _check_missing(data_dir: Path) -> Finding:
    above = next((path for path in data_dir.absolute().parents if path.exists()), None)
    if above is None or not os.access(above, os.W_OK | os.X_OK):
        return failed(f"{data_dir} is not there and cannot be made in {above}; set data_dir")
    return ok(f"{data_dir} is not there yet; the service makes it")


def _open_to_others(data_dir: Path) -> list[Path]:
    if os.name != "posix":
        return []
    paths = [data_dir, *(data_dir / name for name in _PRIVATE_FILES)]
    return [path for path in paths if path.exists() and stat.S_IMODE(path.stat().st_mode) & _OTHERS]
