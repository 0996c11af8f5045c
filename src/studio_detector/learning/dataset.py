"""Labelled photographs: from a ``labels.csv``, or from folders named after the labels."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

from studio_detector.errors import ConfigError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

TrueLabel = Literal["studio", "natural", "uncertain"]

#: Name of the table that makes a folder a labelled set.
LABELS_FILE = "labels.csv"
#: The labels a photograph may have; also the names of folders.
LABELS: tuple[TrueLabel, ...] = get_args(TrueLabel)
_NEEDED_COLUMNS = ("file", "label")
# The year of a date such as 2019-06-26 or 2019:06:26; cameras without a clock write zeros.
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One labelled photograph.

    Attributes:
        path: Where the file is.
        name: Path below the folder of the set, with forward slashes.
        label: What it is.
        group: Photographer or collection; photographs of one group are alike and never
            stand on both sides of a split.
        split: "train", "test" or another name; "train" where the set names none.
        genre: Subject, where known, else "".
        hard: Whether a careful person could easily be wrong.
        region: Where the group works, where known, else "".
        year: Year it was taken, four digits, where known, else "".
        make: Maker of the camera in capitals, where known, else "".
    """

    path: Path
    name: str
    label: TrueLabel
    group: str
    split: str = "train"
    genre: str = ""
    hard: bool = False
    region: str = ""
    year: str = ""
    make: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled photographs in a stable order (by name).

    Attributes:
        photos: The photographs; their names differ.
    """

    photos: tuple[Photo, ...]

    def where(self, keep: Callable[[Photo], bool]) -> Dataset:
        """Return the photographs for which ``keep`` holds, in order."""
        return Dataset(tuple(photo for photo in self.photos if keep(photo)))

    def decided(self) -> Dataset:
        """Return the photographs labelled studio or natural."""
        return self.where(lambda photo: photo.label != "uncertain")

    def split(self, name: str) -> Dataset:
        """Return the photographs of one split.

        Raises:
            ConfigError: ``config_invalid_value`` if the set has no such split.
        """
        chosen = self.where(lambda photo: photo.split == name)
        if not chosen.photos:
            known = ", ".join(sorted({photo.split for photo in self.photos})) or "none"
            raise ConfigError(
                f"the set has no photographs in the split {name!r}; known splits: {known}",
                code="config_invalid_value",
            )
        return chosen


def read_dataset(folder: Path) -> Dataset:
    """Read a labelled set.

    With a ``labels.csv`` in the folder, its rows are the photographs: columns ``file`` (path
    below the folder) and ``label`` are needed, ``group``, ``split``, ``genre``, ``hard`` (0 or
    1), ``region``, ``taken`` (a date) and ``make`` are read where present, others are ignored.
    Without one, the folders ``studio``,
    ``natural`` and (optionally) ``uncertain`` hold the photographs at any depth; the first
    folder below the label is the group, and a photograph lying directly in the label's
    folder is a group of its own.

    Args:
        folder: The set: its folder, or the table itself.

    Returns:
        The photographs, ordered by name.

    Raises:
        UnreadableError: ``not_found`` if there is no such folder.
        ConfigError: ``config_invalid_value`` if it holds no labelled set, a column is
            missing, a label does not exist, a name stands twice, or a group stands in more
            than one split.
    """
    if not folder.exists():
        raise UnreadableError(
            f"there is no folder {str(folder)!r}; name the folder of a labelled set, or its "
            f"{LABELS_FILE}",
            code="not_found",
        )
    table = folder if folder.is_file() else folder / LABELS_FILE
    photos = _from_table(table) if table.is_file() else _from_folders(folder)
    return Dataset(_checked(photos, folder))


def _from_table(table: Path) -> list[Photo]:
    try:
        # A spreadsheet may begin it with a byte order mark, which is no part of the first name.
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            absent = [name for name in _NEEDED_COLUMNS if name not in (rows.fieldnames or ())]
            if absent:
                raise _invalid(f"{table.name} has no column {', '.join(absent)}")
            return [_photo(row, table.parent, rows.line_num) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _invalid(
            f"{str(table)!r} is not a table of comma-separated values in UTF-8 ({error})"
        ) from error


def _photo(row: Mapping[str, str | None], folder: Path, line: int) -> Photo:
    def cell(name: str) -> str:
        return (row.get(name) or "").strip()

    name, label, hard = cell("file"), cell("label"), cell("hard")
    if label not in LABELS or not name or hard not in {"", "0", "1"}:
        raise _invalid(
            f"line {line} of {LABELS_FILE} has file {name!r}, label {label!r}, hard {hard!r}; "
            f"it needs a file, one of {', '.join(LABELS)}, and 0 or 1"
        )
    return Photo(
        path=folder / name,
        name=name,
        label=label,
        group=cell("group") or name,
        split=cell("split") or "train",
        genre=cell("genre"),
        hard=hard == "1",
        region=cell("region"),
        year=year[0] if (year := _YEAR.match(cell("taken"))) else "",
        make=cell("make").upper(),
    )


def _from_folders(folder: Path) -> list[Photo]:
    return [
        Photo(path=path, name=path.relative_to(folder).as_posix(), label=label, group="")
        for label in LABELS
        for path in sorted((folder / label).rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]


def _with_group(photo: Photo) -> Photo:
    if photo.group:
        return photo
    below = photo.name.split("/")[1:]
    return replace(photo, group=below[0] if len(below) > 1 else photo.name)


def _checked(photos: Iterable[Photo], folder: Path) -> tuple[Photo, ...]:
    ordered = sorted(map(_with_group, photos), key=lambda photo: photo.name)
    if not ordered:
        raise _invalid(
            f"{str(folder)!r} holds no labelled photographs: it needs a {LABELS_FILE}, or "
            f"folders {' and '.join(LABELS[:2])}"
        )
    for one, two in pairwise(ordered):
        if one.name == two.name:
            raise _invalid(f"{one.name!r} stands twice in {LABELS_FILE}")
    splits: dict[str, str] = {}
    for photo in ordered:
        if splits.setdefault(photo.group, photo.split) != photo.split:
            raise _invalid(
                f"the group {photo.group!r} stands in the splits {splits[photo.group]!r} and "
                f"{photo.split!r}; photographs of one group must stay together"
            )
    return tuple(ordered)


def _invalid(message: str) -> ConfigError:
    return ConfigError(message, code="config_invalid_value")
