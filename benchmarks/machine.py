"""The machine and the versions that the figures belong to."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = (
    "studio-detector",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "onnxruntime",
    "scipy",
    "scikit-image",
    "cleanvision",
    "brisque",
)


def describe() -> dict[str, str]:
    """Processor, cores, load, Python, versions, commit, and whose photographs."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **{package: _version(package) for package in _PACKAGES},
        "commit": _commit(),
        "photographs": "labelled set" if os.environ.get("STUDIO_PHOTOS") else "scikit-image",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    commit = _git("rev-parse", "--short=10", "HEAD")
    # The figures themselves may differ; anything else means this commit was not what ran.
    changed = _git("status", "--porcelain", "--", "src", "pyproject.toml", "uv.lock")
    return f"{commit or 'unknown'}{' with changes' if changed else ''}"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git the developer uses
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
