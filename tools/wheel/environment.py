"""Empty environments with the wheel in them, and commands that run there and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
_UV = Path(sys.executable).with_name("uv")
_BIN = "Scripts" if os.name == "nt" else "bin"
_COMMAND_S = 180.0
_INSTALL_S = 1800.0
_MIB = 1024 * 1024


class TrialError(Exception):
    """Something did not work in the environment; the message says what."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment and a folder to work in.

    Attributes:
        path: Of the environment.
        folder: Where commands run; nothing of the repository is in it.
    """

    path: Path
    folder: Path

    @property
    def size_mib(self) -> float:
        """Size of all files in it, in MiB, each link counted once."""
        sizes = {}
        for path in self.path.rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                sizes[status.st_dev, status.st_ino] = status.st_size
        return sum(sizes.values()) / _MIB

    def words(self, *words: str | Path) -> list[str]:
        """A command of this environment: ``python`` or ``studio-detector``, and its words."""
        program, *rest = map(str, words)
        return [str(self.path / _BIN / program), *rest]

    def run(self, *words: str | Path, status: int = 0, timeout_s: float = _COMMAND_S) -> str:
        """Run a command.

        Args:
            words: See `words`.
            status: The exit status that it must end with.
            timeout_s: Seconds it may take.

        Returns:
            What it wrote on standard output, or on standard error where that is empty.

        Raises:
            TrialError: If it ended otherwise, did not end in that time, or is not there.
        """
        done = _ended(self.words(*words), self.folder, timeout_s)
        if done.returncode != status:
            said = (done.stdout + done.stderr).strip()
            raise TrialError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{said}")
        return done.stdout or done.stderr


def clean_environment() -> dict[str, str]:
    """The variables of this process without those that lead back to the repository."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STUDIO_", "PYTHON", "VIRTUAL_ENV", "UV_PROJECT"))
    }


def locked_versions(folder: Path) -> Path:
    """Write down the versions that are locked, so that trials meet no others.

    Args:
        folder: Where to.

    Returns:
        The file, for ``--constraint``.
    """
    path = folder / "locked.txt"
    words = ["export", "--quiet", "--frozen", "--all-extras", "--no-dev", "--no-emit-project"]
    _uv(*words, "--no-hashes", "--no-annotate", "--output-file", str(path))
    return path


def install(
    folder: Path, wheel: Path, extra: str | None, constraint: Path | None
) -> tuple[Environment, float]:
    """Make an environment by uv, and install the wheel with an extra.

    Args:
        folder: Above the environment and the folder to work in; made.
        wheel: The wheel.
        extra: Its extra; None for the core.
        constraint: See `locked_versions`; None takes the newest versions there are.

    Returns:
        The environment, and the seconds that took.
    """
    made = _empty(folder)
    started_s = time.perf_counter()
    _uv("venv", "--quiet", "--python", sys.executable, str(made.path))
    words = ["pip", "install", "--quiet", "--python", str(made.path), _named(wheel, extra)]
    _uv(*words, *(["--constraint", str(constraint)] if constraint else []))
    return made, time.perf_counter() - started_s


def install_by_pip(folder: Path, wheel: Path, extra: str | None) -> tuple[Environment, float]:
    """As `install`, as people without uv do it, and without anything that pip has kept."""
    made = _empty(folder)
    started_s = time.perf_counter()
    _started([sys.executable, "-m", "venv", str(made.path)])
    words = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
    _started(made.words("python", *words, _named(wheel, extra)))
    return made, time.perf_counter() - started_s


def _empty(folder: Path) -> Environment:
    work = folder / "work"
    work.mkdir(parents=True)
    return Environment(folder / "environment", work)


def _named(wheel: Path, extra: str | None) -> str:
    return f"studio-detector{f'[{extra}]' if extra else ''} @ {wheel.as_uri()}"


def _uv(*words: str) -> None:
    _started([str(_UV), *words], cwd=ROOT)


def _started(words: Sequence[str], cwd: Path | None = None) -> None:
    done = _ended(words, cwd, _INSTALL_S)
    if done.returncode:
        raise TrialError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr.strip()}")


def _ended(
    words: Sequence[str], cwd: Path | None, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            words,
            cwd=cwd,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TrialError(f"{' '.join(words)} did not end in {timeout_s:g} s") from error
    except OSError as error:
        raise TrialError(f"{' '.join(words)} could not be started: {error}") from error
