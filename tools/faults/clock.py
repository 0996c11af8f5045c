"""Clocks that a file moves, for processes that are started with them."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from pathlib import Path

from tools.faults.moved_clock import FORMAT, VARIABLE

_SOURCE = Path(__file__).with_name("moved_clock.c")


def new_file(folder: Path) -> Path:
    """A clock that is right."""
    file = folder / f"clock-{secrets.token_hex(8)}"
    file.write_bytes(FORMAT.pack(0))
    return file


def move(file: Path, ahead_s: int) -> None:
    """Set a clock so many seconds ahead of the real one, in one write."""
    with file.open("r+b", buffering=0) as opened:
        opened.write(FORMAT.pack(ahead_s))


def has_compiler() -> bool:
    """Whether the clock can be moved for all that runs in a process."""
    return shutil.which("cc") is not None


def variables(folder: Path, file: Path) -> dict[str, str]:
    """Environment of a process whose clock is to be moved; nothing without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return {}
    library = folder / "moved_clock.so"
    if not library.exists():
        aside = folder / f"moved_clock-{secrets.token_hex(4)}.so"
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(aside), str(_SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
        aside.replace(library)
    return {VARIABLE: str(file), "LD_PRELOAD": str(library)}
