"""How a process that meets hostile bytes is confined beyond its limits, and how far that went.

Landlock takes files and the network away, seccomp everything but the calls that decoding needs,
and limits on files stand behind both. None of it can be taken back.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from studio_detector.errors import ConfigError
from studio_detector.imaging import kernel, landlock, seccomp
from studio_detector.imaging.framing import FramingError
from studio_detector.imaging.readable import own_files

if sys.platform != "win32":
    import resource

#: ``auto`` as well as the system can, ``require`` not at all unless fully, ``off`` by limits alone.
Sandbox: TypeAlias = Literal["auto", "require", "off"]

# What is open at a time while libraries are loaded, and to spare.
_MOST_FILES = 64
_SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 4, 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How far a process is confined, as it says itself.

    Attributes:
        landlock_abi: Version of Landlock that holds for all of its threads; 0 for none.
        has_seccomp: Whether its system calls are filtered.
    """

    landlock_abi: int = 0
    has_seccomp: bool = False

    @property
    def is_full(self) -> bool:
        """Whether nothing is left open that a newer kernel, or another system, would close."""
        return self.landlock_abi > 0 and self.has_seccomp

    def __str__(self) -> str:
        found = [f"Landlock {self.landlock_abi}"] if self.landlock_abi else []
        return " and ".join([*found, *(["seccomp"] if self.has_seccomp else [])]) or "limits alone"

    def to_plain(self) -> dict[str, Any]:
        """Put it into a message."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: object) -> Confinement:
        """Take it out of a message.

        Raises:
            FramingError: If it is none.
        """
        if isinstance(plain, dict):
            found, filtered = plain.get("landlock_abi"), plain.get("has_seccomp")
            if type(found) is int and type(filtered) is bool:
                return cls(landlock_abi=found, has_seccomp=filtered)
        raise FramingError(f"a confinement {plain!r}")


def confine(wanted: Sandbox, *, reads_all: bool = False) -> Confinement:
    """Give up for good what decoding, measuring and drawing do not need.

    To be called by the only thread, since Landlock does not reach back to others.

    Args:
        wanted: How; with ``off`` nothing is done.
        reads_all: Whether everything stays readable, for who opens pictures by their paths;
            otherwise only the interpreter, its libraries and its packages do.

    Returns:
        How far it went.

    Raises:
        ConfigError: ``sandbox_missing`` if all of it is required and the system cannot.
    """
    if wanted == "off":
        return Confinement()
    _limit_files()
    # Or Python would try with every module that is loaded later.
    sys.dont_write_bytecode = True
    found = _confine_on_linux(reads_all=reads_all) if sys.platform == "linux" else Confinement()
    if wanted == "require" and not found.is_full:
        raise ConfigError(
            "this system cannot confine the processes that meet pictures as the setting sandbox "
            f"requires ({found}); use Linux 5.13 or later with Landlock and seccomp, or set it "
            "to auto",
            code="sandbox_missing",
        )
    return found


def _limit_files() -> None:
    """Open few files, and write to none."""
    if sys.platform == "win32":
        return
    for kind, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _MOST_FILES)):
        _, hard = resource.getrlimit(kind)
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # The hard ones, too, which cannot be raised again.
        resource.setrlimit(kind, (wanted, wanted))


def _confine_on_linux(*, reads_all: bool) -> Confinement:
    # The order is given: Landlock's own calls are not in the filter.
    for option, value in ((_SET_NO_NEW_PRIVILEGES, 1), (_SET_DUMPABLE, 0)):
        with contextlib.suppress(OSError):
            kernel.control_process(option, value)
    is_alone = _is_alone()
    abi = 0
    with contextlib.suppress(OSError):
        abi = landlock.restrict(None if reads_all else own_files())
    has_seccomp = seccomp.restrict()
    return Confinement(landlock_abi=abi if is_alone else 0, has_seccomp=has_seccomp)


def _is_alone() -> bool:
    """Whether this thread is the only one; threads that libraries started count, too."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False
