"""What a child process learns of its parent's environment, where secrets may be."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# How the interpreter, the loader of libraries and the allocator work, the language and the zone.
_INHERITED = frozenset(
    {
        "PATH",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TZDIR",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "DYLD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "GLIBC_TUNABLES",
        "PYTHONHOME",
        "PYTHONUTF8",
        "PYTHONHASHSEED",
        "PYTHONMALLOC",
        "PYTHONPYCACHEPREFIX",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONFAULTHANDLER",
        # Which of several ways to add up is taken: what parent and child measure is to be equal
        # to the last bit.
        "OPENBLAS_CORETYPE",
        "OPENBLAS_L2_SIZE",
        "MKL_CBWR",
        "NPY_DISABLE_CPU_FEATURES",
        "NPY_ENABLE_CPU_FEATURES",
        "OPENCV_CPU_DISABLE",
        "OPENCV_IPP",
        # Windows starts no process without them.
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "TEMP",
        "TMP",
    }
)
_INHERITED_BEGINNINGS = ("LC_", "MALLOC_")
# Parallel over pictures, so one thread inside each; read when the libraries are loaded. Landlock
# holds for threads that begin after it, so there must be no others.
_ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    )
)


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Choose what a child inherits, and tell its libraries to use one thread each.

    Args:
        environment: Of the parent.
    """
    inherited = {
        name: value
        for name, value in environment.items()
        if name in _INHERITED or name.startswith(_INHERITED_BEGINNINGS)
    }
    return {**inherited, **_ONE_THREAD}
