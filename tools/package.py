"""Build wheel and sdist into dist/, look into them, and say how large they are.

Usage: package.py

Exits with 1 if something that the package needs is missing in the wheel, or something is in wheel
or sdist that does not belong there. What git does not know does not belong into the sdist: the
build heeds no ``.gitignore`` but the one at the root, so secrets and scratch files could slip in.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from repository import git

from studio_detector.reporting import grid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
PACKAGE = "studio_detector"

#: What people would miss first -> how its files end, below the folder.
NEEDED: Mapping[str, tuple[str, str]] = {
    "marker of types": ("", "py.typed"),
    "models": ("decision/models/", ".json"),
    "network": ("analysis/network/", ".onnx"),
    "its licence": ("analysis/network/", "ATTRIBUTION.md"),
    "values of training photographs": ("reporting/data/", ".json"),
    "migrations": ("service/store/migrations/versions/", ".py"),
    "template of the page": ("service/page/templates/", ".jinja"),
    "scripts of the page": ("service/page/static/", ".js"),
    "styles of the page": ("service/page/static/", ".css"),
}
#: Made by the build.
_METADATA = "PKG-INFO"
_LARGEST = 8
_KIB = 1024


def main(arguments: list[str]) -> int:
    """Build, look, print."""
    if arguments:
        print(__doc__)
        return 2
    wheel, sdist = build()
    with zipfile.ZipFile(wheel) as archive:
        sizes = {entry.filename: entry.compress_size for entry in archive.infolist()}
    with tarfile.open(sdist) as packed:
        sources = {
            entry.name.partition("/")[2]: entry.size for entry in packed if not entry.isdir()
        }
    print(f"{wheel.relative_to(ROOT)}  {wheel.stat().st_size / _KIB:,.0f} KiB, {len(sizes)} files")
    print(
        f"{sdist.relative_to(ROOT)}  {sdist.stat().st_size / _KIB:,.0f} KiB, {len(sources)} files"
    )
    print("\nlargest in the wheel, compressed, and in the sdist:\n")
    print(grid.markdown(("KiB", "file"), [*_largest(sizes), *_largest(sources)]))
    known = known_files()
    told = wheel_problems(sizes, source_files()) + sdist_problems(sources, known)
    print("\n" + ("\n".join(told) if told else "the wheel holds the package, and nothing else"))
    if known is None:
        print("there is no git to ask what belongs into the sdist")
    return 1 if told else 0


def build() -> tuple[Path, Path]:
    """Build both, the wheel out of the sdist, in the place of earlier ones.

    Returns:
        Wheel and sdist.
    """
    for earlier in (*DIST.glob(f"{PACKAGE}-*.whl"), *DIST.glob(f"{PACKAGE}-*.tar.gz")):
        earlier.unlink()
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "build", "--quiet", "--no-create-gitignore", "--out-dir", str(DIST)],
        cwd=ROOT,
        check=True,
    )
    (wheel,) = DIST.glob(f"{PACKAGE}-*.whl")
    (sdist,) = DIST.glob(f"{PACKAGE}-*.tar.gz")
    return wheel, sdist


def source_files() -> set[str]:
    """Every file of the package as the wheel should name it."""
    above = ROOT / "src"
    return {
        path.relative_to(above).as_posix()
        for path in (above / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def wheel_problems(found: Collection[str], wanted: Collection[str]) -> list[str]:
    """What is missing in the wheel, or does not belong there.

    Args:
        found: Names of its files.
        wanted: Names of those of the package.
    """
    inside = {name for name in found if PurePosixPath(name).parts[0] == PACKAGE}
    beside = {name for name in found if name not in inside}
    told = [f"missing in the wheel: {name}" for name in sorted(set(wanted) - inside)]
    told += [f"in the wheel, and not in src: {name}" for name in sorted(inside - set(wanted))]
    told += [
        f"the wheel has no {what} ({PACKAGE}/{folder}*{ending})"
        for what, (folder, ending) in NEEDED.items()
        if not any(
            name.startswith(f"{PACKAGE}/{folder}") and name.endswith(ending) for name in inside
        )
    ]
    told += [
        f"in the wheel, beside the package: {name}"
        for name in sorted(beside)
        if not PurePosixPath(name).parts[0].endswith(".dist-info")
    ]
    told += [
        f"the wheel has no {name}"
        for name in ("LICENSE", "NOTICE")
        if not any(one.endswith(f".dist-info/licenses/{name}") for one in beside)
    ]
    return told


def known_files() -> set[str] | None:
    """Every file that git knows, from the root on; None where there is no git, or no repository."""
    names = set((git(ROOT, "ls-files", "-z") or "").split("\0")) - {""}
    return names or None


def sdist_problems(found: Collection[str], known: Collection[str] | None) -> list[str]:
    """What does not belong into the sdist.

    Args:
        found: Names of its files, from the root on.
        known: Names of those that git knows; None where nobody can be asked.
    """
    if known is None:
        return []
    return [
        f"in the sdist, and not known to git: {name}"
        for name in sorted(set(found) - set(known) - {_METADATA})
    ]


def _largest(sizes: Mapping[str, int]) -> list[tuple[str, str]]:
    ordered = sorted(sizes.items(), key=lambda item: -item[1])[:_LARGEST]
    return [(f"{size / _KIB:,.0f}", name) for name, size in ordered]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
