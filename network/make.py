"""Make the shipped network and its proof again: folds, two seeds, average, export, figures.

    python network/make.py [--photos FOLDER] [--jobs 2] [--resume] [--test] [recipe options]

Ends with the three files that the repository keeps: the weights below
``src/studio_detector/analysis/network``, ``network/oof.csv`` and ``network/figures.json``.
Options not named here go to the training as they are (``--epochs 1``).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data import add_folder_arguments

HERE = Path(__file__).resolve().parent
WEIGHTS = "lite0_studio_int8w.onnx"
FOLDS = range(5)
SEEDS = (0, 1)


def run(script: str, *options: object, done: Path | None = None) -> None:
    """Run one script of this folder; with ``done``, only if that file is not there yet.

    Raises:
        subprocess.CalledProcessError: The script failed; what it said stands above.
    """
    if done is not None and done.exists():
        return
    command = [sys.executable, str(HERE / script), *(str(o) for o in options)]
    started = time.monotonic()
    subprocess.run(command, check=True)  # noqa: S603 - our own scripts
    spent = time.monotonic() - started
    print(f"{script} {' '.join(command[2:])}: {spent:.0f} s", flush=True)


def train_all(folders: list[object], runs: Path, recipe: list[str], jobs: int) -> None:
    """Every fold and every seed; each with one thread, as the result depends on their number."""
    work = [
        ("crossval.py", f"cv{fold}", runs / f"cv{fold}" / "figures.json", ["--only", fold])
        for fold in FOLDS
    ]
    work += [
        ("finetune.py", f"seed{seed}", runs / f"seed{seed}.json", ["--seed", seed])
        for seed in SEEDS
    ]
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [
            pool.submit(
                run, script, "--name", name, "--threads", 1, *part, *folders, *recipe, done=done
            )
            for script, name, done, part in work
        ]
        for each in waiting:
            each.result()


def main() -> None:
    """Run all steps in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_folder_arguments(parser)
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run finished")
    parser.add_argument("--test", action="store_true", help="measure on the test split, too")
    parser.add_argument("--target", type=Path, default=HERE.parent, help="repository to write to")
    args, recipe = parser.parse_known_args()
    folders = ["--photos", args.photos, "--cache", args.cache, "--runs", args.runs]
    if args.runs.exists() and any(args.runs.iterdir()) and not args.resume:
        parser.error(f"{args.runs} is not empty: give --resume, or another folder with --runs")
    names = [f"cv{fold}" for fold in FOLDS]
    # First and alone: it also decodes the photographs for all that follow.
    baseline = args.runs / "frozen" / "baseline_160.json"
    run("crossval.py", "--name", "frozen", "--baseline", *folders, done=baseline)
    train_all(folders, args.runs, recipe, args.jobs)
    run("export.py", "--weights", *(f"seed{s}" for s in SEEDS), *folders)
    run("robust.py", "--folds", *names, "--every", 10, *folders)
    more = ["--test"] if args.test else []
    run(
        "report.py",
        "--folds",
        *names,
        "--models",
        "models",
        "--baseline",
        "frozen",
        *more,
        *folders,
    )
    package = args.target / "src" / "studio_detector" / "analysis" / "network"
    for source, target in (
        (args.runs / "models" / WEIGHTS, package),
        (args.runs / "report" / "oof.csv", args.target / "network"),
        (args.runs / "report" / "figures.json", args.target / "network"),
    ):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        print(target / source.name)


if __name__ == "__main__":
    main()
