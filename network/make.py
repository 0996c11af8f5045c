"""Make the shipped network and its proof again: folds, two seeds, average, export, figures.

    python network/make.py [--photos FOLDER] [--jobs 2] [--repeats 3] [--resume] [--test] [recipe]

Ends with the files that the repository keeps: the weights below
``src/studio_detector/analysis/network``, ``network/oof.csv``, ``network/figures.json`` and, unless
there is only one, ``network/repeats.csv`` with the further divisions of the cross-validation.
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
from repeats import FOLDS, run_name

HERE = Path(__file__).resolve().parent
WEIGHTS = "lite0_studio_int8w.onnx"
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


def train_all(
    folders: list[object], runs: Path, recipe: list[str], jobs: int, repeats: int
) -> None:
    """Every fold and every seed; each with one thread, as the result depends on their number."""
    work = [
        ("finetune.py", f"seed{seed}", runs / f"seed{seed}.json", ["--seed", seed])
        for seed in SEEDS
    ]
    for repeat in range(repeats):
        for fold in range(FOLDS):
            name = run_name(fold, repeat)
            part = ["--only", fold, "--repeat", repeat]
            work.append(("crossval.py", name, runs / name / "figures.json", part))
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
    parser.add_argument("--repeats", type=int, default=3, help="divisions of the cross-validation")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run finished")
    parser.add_argument("--test", action="store_true", help="measure on the test split, too")
    parser.add_argument("--target", type=Path, default=HERE.parent, help="repository to write to")
    args, recipe = parser.parse_known_args()
    folders = ["--photos", args.photos, "--cache", args.cache, "--runs", args.runs]
    if args.runs.exists() and any(args.runs.iterdir()) and not args.resume:
        parser.error(f"{args.runs} is not empty: give --resume, or another folder with --runs")
    names = [run_name(fold, 0) for fold in range(FOLDS)]
    # First and alone: it also decodes the photographs for all that follow.
    baseline = args.runs / "frozen" / "baseline_160.json"
    run("crossval.py", "--name", "frozen", "--baseline", *folders, done=baseline)
    train_all(folders, args.runs, recipe, args.jobs, args.repeats)
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
    kept = ["oof.csv", "figures.json"]
    if args.repeats > 1:
        run("repeats.py", "--repeats", args.repeats, *folders)
        kept.append("repeats.csv")
    package = args.target / "src" / "studio_detector" / "analysis" / "network"
    for source, target in (
        (args.runs / "models" / WEIGHTS, package),
        *((args.runs / "report" / name, args.target / "network") for name in kept),
    ):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        print(target / source.name)


if __name__ == "__main__":
    main()
