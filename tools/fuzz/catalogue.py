"""The targets by name, found by their files; none is imported before it is asked for.

Branches can only guide the search in modules that are imported after it began.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.fuzz.target import Target

_ROOT = Path(__file__).resolve().parents[2]
_TARGETS = Path(__file__).parent / "targets"
#: Folder with a folder of inputs for each target, which every run begins with.
SEEDS = _ROOT / "tests" / "fuzz" / "seeds"


def names() -> list[str]:
    """Names of all targets, sorted."""
    return sorted(path.stem for path in _TARGETS.glob("*.py") if path.stem != "__init__")


def target(name: str) -> Target:
    """A target by its name."""
    found: Target = importlib.import_module(f"tools.fuzz.targets.{name}").TARGET
    return found


def seeds(name: str) -> Iterator[tuple[str, bytes]]:
    """The kept inputs of a target, with the names of their files, sorted."""
    for path in sorted((SEEDS / name).glob("*")):
        yield path.name, path.read_bytes()
