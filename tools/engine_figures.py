"""Measure what a picture costs on each engine; docs/figures/engines.json and docs/scaling.md.

Usage: engine_figures.py [--page]

Each engine scores the first 64 and the first 320 photographs of the labelled set named by
STUDIO_PHOTOS, in a process of its own. The processor time of that process and of everything
it started is read from /proc (Linux), so what else the machine does hardly matters. The
difference between both runs is the cost of 256 pictures; what is left of the smaller run is
the start. --page measures nothing and only fills the page from the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import secrets
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa

from studio_detector.batch.engines.job import Job
from studio_detector.batch.engines.run import run
from studio_detector.batch.pool import PoolOptions, WorkerPool
from studio_detector.batch.scoring import score_batch
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting import grid
from studio_detector.sources.photo import Photo

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures" / "engines.json"
PAGE = ROOT / "docs" / "scaling.md"
#: Engine -> what the table calls it.
ENGINES = {
    "score_batch": "`score_batch`, one process, not isolated",
    "local": "local worker pool, 2 workers",
    "daft": "Daft, native, 2 workers",
    "ray": "Ray Data, 2 actors",
}
WORKERS = 2
_COUNTS = (64, 320)
_POLL_S = 0.1
_MILLION = 1_000_000
_GIGABIT_BYTES = 125_000_000
#: Bandwidths whose limits the page tells, in gigabits a second.
_LINKS_GBIT = (1, 10, 100)
#: An example, said to be one on the page.
_ASSUMED_PRICE = 0.05
_BLOCK = re.compile(r"(<!-- figures:begin -->\n).*?(<!-- figures:end -->)", re.DOTALL)


def main() -> None:
    """Measure, unless only the page is asked for, and fill the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--page", action="store_true", help="only fill the page")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "COUNT", "OUTPUT"))
    arguments = parser.parse_args()
    if arguments.one:
        engine, count, output = arguments.one
        score(engine, photographs()[: int(count)], output)
        return
    if not arguments.page:
        FIGURES.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


def photographs() -> list[str]:
    """Paths of the labelled set, in a fixed order."""
    return sorted(map(str, Path(os.environ["STUDIO_PHOTOS"]).glob("images/*")))


def measure() -> dict[str, Any]:
    """Run every engine twice."""
    few, many = _COUNTS
    paths = photographs()[:many]
    sizes = [Path(path).stat().st_size for path in paths]
    engines, row_bytes = {}, 0.0
    for engine in ENGINES:
        cpu_s = {}
        with tempfile.TemporaryDirectory() as folder:
            for count in _COUNTS:
                output = Path(folder) / str(count)
                cpu_s[count] = _cpu_seconds(engine, count, output)
                print(f"{engine:<12} {count:>4} pictures {cpu_s[count]:8.2f} s of processor time")
            parts = [part.stat().st_size for part in output.glob("*.parquet")]
            row_bytes = max(row_bytes, sum(parts) / many)
        each_s = (cpu_s[many] - cpu_s[few]) / (many - few)
        engines[engine] = {
            "cpu_s": {str(count): round(seconds, 2) for count, seconds in cpu_s.items()},
            "picture_cpu_ms": round(each_s * 1000, 2),
            "start_cpu_s": round(cpu_s[few] - few * each_s, 2),
        }
    return {
        "pictures": many,
        "picture_bytes": round(sum(sizes) / len(sizes)),
        "row_bytes": round(row_bytes),
        "engines": engines,
        "machine": _machine(),
    }


def score(engine: str, paths: list[str], output: str) -> None:
    """Score pictures on an engine; the process that is measured."""
    if engine == "score_batch":
        cv2.setNumThreads(1)
        score_batch(pa.record_batch({"path": paths}))
    elif engine == "local":
        with WorkerPool(Settings(), PoolOptions(workers=WORKERS)) as pool:
            for _ in pool.run(Photo(source=path, path=path) for path in paths):
                pass
    else:
        job = Job(paths=tuple(paths), output=output, settings=Settings(), workers=WORKERS)
        run("daft" if engine == "daft" else "ray", job)


def _cpu_seconds(engine: str, count: int, output: Path) -> float:
    command = [sys.executable, __file__, "--one", engine, str(count), str(output)]
    # So that Ray writes no token into the home folder.
    environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        # By process: what it had used when it was last seen.
        spent: dict[int, float] = {}
        while process.poll() is None:
            _look(process.pid, spent)
            time.sleep(_POLL_S)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed; run it to see why")
    return sum(spent.values())


def _look(root: int, spent: dict[int, float]) -> None:
    """Note the processor time of a process and of all that descend from it or ever did."""
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    parents, used = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                # The name of the program stands in brackets and may hold anything.
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue  # it has ended since
            parents[int(entry.name)] = int(fields[1])
            used[int(entry.name)] = (int(fields[11]) + int(fields[12])) * tick_s
    ours = {root, *spent}
    found = True
    while found:
        found = {pid for pid, parent in parents.items() if parent in ours and pid not in ours}
        ours |= found
    spent.update({pid: used[pid] for pid in ours if pid in used})


def _machine() -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ("daft", "ray", "pyarrow", "numpy", "opencv-python-headless")
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def filled(text: str, figures: dict[str, Any]) -> str:
    """The page with its figures as the file has them."""
    block = f"\\1\n{blocks(figures).strip()}\n\n\\2"
    return _BLOCK.sub(block, text)


def blocks(figures: dict[str, Any]) -> str:
    """Costs and limits, computed from the measured figures."""
    engines, machine = figures["engines"], figures["machine"]
    costs = grid.markdown(
        (
            "engine",
            "processor ms a picture",
            "start, processor s",
            "core-hours a million",
            f"a million at {_ASSUMED_PRICE} a core-hour",
        ),
        [
            (
                title,
                f"{engines[name]['picture_cpu_ms']:.1f}",
                f"{engines[name]['start_cpu_s']:.1f}",
                f"{(hours := core_hours(engines[name]['picture_cpu_ms'])):.1f}",
                f"{hours * _ASSUMED_PRICE:.2f}",
            )
            for name, title in ENGINES.items()
        ],
    )
    daft_s = engines["daft"]["picture_cpu_ms"] / 1000
    limits = grid.markdown(
        ("link or store", "pictures a second at most", "busy cores that reach it"),
        [
            (f"{gbit} Gbit/s into the workers", f"{rate:,.0f}", f"{rate * daft_s:,.0f}")
            for gbit in _LINKS_GBIT
            for rate in [gbit * _GIGABIT_BYTES / figures["picture_bytes"]]
        ],
    )
    return (
        f"{figures['pictures']} photographs of {figures['picture_bytes'] / 1000:,.0f} kB on "
        f"average; a row takes {figures['row_bytes'] / 1000:.1f} kB of Parquet. "
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, "
        f"Daft {machine['daft']}, Ray {machine['ray']}.\n\n{costs.strip()}\n\n{limits.strip()}"
    )


def core_hours(picture_cpu_ms: float) -> float:
    """Core-hours of a million pictures."""
    return picture_cpu_ms / 1000 * _MILLION / 3600


if __name__ == "__main__":
    main()
