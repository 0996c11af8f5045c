"""What git knows of this repository."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(root: Path, *words: str) -> str | None:
    """What git says; None where there is no git, or no repository, as in an unpacked archive.

    Args:
        root: The folder to ask in.
        words: The command and its arguments.
    """
    try:
        asked = subprocess.run(
            ["git", *words],  # noqa: S607 - whichever is in the PATH
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None
