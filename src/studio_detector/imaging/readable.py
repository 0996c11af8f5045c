"""What a confined process must still be able to read: its interpreter, libraries and packages."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Shared libraries; the clock's zone; what libraries ask of the processor, the memory and
# themselves when they are loaded or start a thread.
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
_SCHEMES = ("stdlib", "platstdlib", "purelib", "platlib")


def own_files() -> Iterator[Path]:
    """Files and folders that libraries are loaded from, now or when they are first needed.

    Of folders on the import path that are no place for packages, as a folder with the operator's
    other files may be, only the modules and packages that are loaded already.
    """
    yield from map(Path, _SYSTEM)
    if searched := os.environ.get("LD_LIBRARY_PATH"):
        yield from (Path(part) for part in searched.split(os.pathsep) if part)
    if sys.pycache_prefix:
        yield Path(sys.pycache_prefix)
    for prefix in {sys.prefix, sys.base_prefix}:
        yield Path(prefix) / "lib"
    yield from (Path(sysconfig.get_path(scheme)) for scheme in _SCHEMES)
    for entry in filter(None, sys.path):
        path = Path(entry)
        # Also a zip file on the import path.
        if path.name in {"site-packages", "dist-packages"} or _is_file(path):
            yield path
    yield from _loaded()


def _is_file(path: Path) -> bool:
    """Whether it is one, as far as this user may know."""
    try:
        return path.is_file()
    except OSError:
        return False


def _loaded() -> Iterator[Path]:
    """Packages and modules that are loaded."""
    for name, module in list(sys.modules.items()):
        if "." in name:
            continue
        places = getattr(module, "__path__", None)
        if places is not None:
            yield from map(Path, places)
        elif file := getattr(module, "__file__", None):
            yield Path(file)
