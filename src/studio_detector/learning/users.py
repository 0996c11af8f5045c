"""A user's own labelled pictures beside the training set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_detector.learning.dataset import Dataset
from studio_detector.learning.judged import FITTING_SPLIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Pictures of users, ready to be added.

    Attributes:
        dataset: The pictures to fit on, decided ones. Names and groups begin with the number
            of their folder, so that "anna" of one folder is never taken for "anna" of another.
        known: Names of pictures left out because the set holds the very same file.
        doubtful: Number of pictures left out because they are labelled uncertain.
        other_splits: Number of pictures left out because they are kept for another split.
    """

    dataset: Dataset
    known: tuple[str, ...]
    doubtful: int
    other_splits: int


def users_pictures(folders: Sequence[Dataset], base: Dataset | None) -> Added:
    """Put users' folders together and leave out what may not be fitted on.

    A file that the set already holds is left out whatever split it stands in: in the test
    split, fitting on it would spoil the figures without a sign of it.

    Args:
        folders: Users' sets, in order.
        base: The whole training set with all its splits; None if there is none.

    Returns:
        The pictures to add.
    """
    seen = {_digest(photo.path) for photo in base.photos} - {None} if base else set()
    kept, known, doubtful, others = [], [], 0, 0
    for number, folder in enumerate(folders, start=1):
        for photo in folder.photos:
            digest = _digest(photo.path)
            if photo.split != FITTING_SPLIT:
                others += 1
            elif photo.label == "uncertain":
                doubtful += 1
            elif digest in seen:
                known.append(photo.name)
            else:
                seen |= {digest} - {None}
                kept.append(
                    replace(
                        photo,
                        name=f"extra{number}/{photo.name}",
                        group=f"extra{number}/{photo.group}",
                    )
                )
    return Added(
        dataset=Dataset(tuple(sorted(kept, key=lambda photo: photo.name))),
        known=tuple(known),
        doubtful=doubtful,
        other_splits=others,
    )


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None  # measuring says what is wrong with it
