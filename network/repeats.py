"""Gather the further divisions of the cross-validation: one table of out-of-fold logits.

    python repeats.py --repeats 3

Reads what ``crossval.py --repeat N`` wrote into RUNS/cvFOLDrN and writes RUNS/report/repeats.csv:
``file`` and, for each repeat from 1 on, ``fold_N`` and ``logit_N``. Repeat 0 is ``oof.csv``.
"""

from __future__ import annotations

import argparse
import csv
from typing import TYPE_CHECKING

from data import add_folder_arguments, read_items
from report import joined_oof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from data import Item
    from report import Oof

FOLDS = 5


def run_name(fold: int, repeat: int) -> str:
    """Folder of one training below RUNS."""
    return f"cv{fold}r{repeat}" if repeat else f"cv{fold}"


def write_repeats(path: Path, items: Sequence[Item], tables: Sequence[Oof]) -> None:
    """The decided pictures with their logits from every table.

    Raises:
        KeyError: A table lacks a picture: one of its trainings did not end.
    """
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        numbers = range(1, len(tables) + 1)
        writer.writerow(["file", *(f"{part}_{n}" for n in numbers for part in ("fold", "logit"))])
        for item in items:
            if item.decided:
                found = [table[item.file] for table in tables]
                cells = [cell for fold, logit, _ in found for cell in (fold, f"{logit:.5f}")]
                writer.writerow([item.file, *cells])


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="divisions, the first included")
    add_folder_arguments(parser)
    args = parser.parse_args()
    items = [i for i in read_items(args.photos) if i.split == "train"]
    tables = [
        joined_oof([args.runs / run_name(fold, repeat) for fold in range(FOLDS)])
        for repeat in range(1, args.repeats)
    ]
    out = args.runs / "report"
    out.mkdir(parents=True, exist_ok=True)
    write_repeats(out / "repeats.csv", items, tables)


if __name__ == "__main__":
    main()
