"""Install the wheel in dist/ into empty environments, one for each extra, and try what it brings.

    python -m tools.wheel [--extra NAME ...] [--newest] [--first]

Without --extra all of them, the core first; ``core`` names that. Versions are those of uv.lock;
--newest takes whatever is newest. --first measures instead how long it takes from nothing to a
first verdict, and to a first answer of the service, by ``python -m venv`` and pip with nothing
kept, and takes no other option. Exits with 1 if something does not work.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from studio_detector.reporting import grid
from tools.wheel.environment import ROOT, TrialError, install, install_by_pip, locked_versions
from tools.wheel.serving import posted, serving
from tools.wheel.smokes import SMOKES

_CORE = "core"


def main(arguments: list[str]) -> int:
    """Try the extras, or measure the first ones."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.wheel",
        usage=__doc__,
    )
    names = [name or _CORE for name in SMOKES]
    parser.add_argument("--extra", action="append", choices=names)
    parser.add_argument("--newest", action="store_true")
    parser.add_argument("--first", action="store_true")
    wanted = parser.parse_args(arguments)
    if wanted.first and (wanted.extra or wanted.newest):
        parser.error("--first takes no other option")
    found = sorted((ROOT / "dist").glob("studio_detector-*.whl"))
    if len(found) != 1:
        print("dist/ does not hold one wheel; make package")
        return 2
    with tempfile.TemporaryDirectory(prefix="studio-wheel-") as name:
        folder = Path(name)
        picture = folder / "picture.jpg"
        Image.radial_gradient("L").resize((800, 600)).convert("RGB").save(picture, quality=92)
        try:
            if wanted.first:
                print(first(folder, found[0], picture))
                return 0
            constraint = None if wanted.newest else locked_versions(folder)
        except TrialError as error:
            print(error, file=sys.stderr)
            return 1
        chosen = list(dict.fromkeys(wanted.extra or names))
        table, told = trials(folder, found[0], picture, chosen, constraint)
    print(table)
    return 1 if told else 0


def trials(
    folder: Path, wheel: Path, picture: Path, names: list[str], constraint: Path | None
) -> tuple[str, list[str]]:
    """Try extras, one after the other, each in an environment that is gone afterwards.

    Args:
        folder: Where the environments are made.
        wheel: The wheel.
        picture: A picture to analyse.
        names: Extras; "core" for none.
        constraint: The versions to take; None for the newest.

    Returns:
        A table of those that work, and what the others said.
    """
    rows, told = [], []
    for name in names:
        extra = None if name == _CORE else name
        try:
            env, installed_s = install(folder / name, wheel, extra, constraint)
            # Before the trial, which compiles whatever it imports.
            size_mib = env.size_mib
            started_s = time.perf_counter()
            SMOKES[extra](env, picture)
            tried_s = time.perf_counter() - started_s
            rows.append((name, f"{size_mib:,.0f}", f"{installed_s:.1f}", f"{tried_s:.1f}"))
        except TrialError as error:
            told.append(f"{name}: {error}")
            print(told[-1], file=sys.stderr)
        except (LookupError, OSError, TypeError, ValueError) as error:
            # An answer of another form than the trial knows.
            told.append(f"{name}: {error!r}")
            print(told[-1], file=sys.stderr)
        finally:
            shutil.rmtree(folder / name, ignore_errors=True)
    return grid.markdown(("extra", "MiB installed", "s to install", "s to try"), rows), told


def first(folder: Path, wheel: Path, picture: Path) -> str:
    """Measure how long a first verdict and a first answer take.

    Returns:
        A table in seconds, with those of the processor.

    Raises:
        TrialError: If there is none.
    """
    rows = []
    started_s, cpu_s = time.perf_counter(), _children_cpu_s()
    env, installed_s = install_by_pip(folder / "verdict", wheel, None)
    env.run("studio-detector", "analyse", picture, "--quiet")
    in_all_s = time.perf_counter() - started_s
    rows.append(("verdict", installed_s, in_all_s, _children_cpu_s() - cpu_s))
    started_s, cpu_s = time.perf_counter(), _children_cpu_s()
    env, installed_s = install_by_pip(folder / "answer", wheel, "service")
    with serving(env) as address:
        posted(address, picture)
        in_all_s = time.perf_counter() - started_s
    rows.append(("answer", installed_s, in_all_s, _children_cpu_s() - cpu_s))
    return grid.markdown(
        ("first", "s to install", "s in all", "s of CPU"),
        [(name, *(f"{seconds:.1f}" for seconds in found)) for name, *found in rows],
    )


def _children_cpu_s() -> float:
    """What the processes took that have ended by now, in seconds of the processor."""
    spent = os.times()
    return spent.children_user + spent.children_system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
