"""What each plane of a picture holds: its meaning and its extent, beside its picture."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.planes import Planes
from studio_detector.planes.masks import Components, Highlights
from studio_detector.planes.spectrum import Spectrum
from studio_detector.planes.statistics import Histogram
from studio_detector.reporting import grid
from studio_detector.reporting.overlays.plane_pictures import planes_as_pictures
from studio_detector.reporting.printable import printable
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from studio_detector.imaging import Frame

#: Columns of `index_text`.
HEADER = ("file", "dtype", "range", "lowest", "highest", "mean", "meaning")

# How docstrings of planes say a range: "0..255", "-128..127".
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")
_CIRCULAR = "_deg"
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneEntry:
    """One plane of one picture.

    Attributes:
        name: Its name in `Planes`.
        file: Its picture, relative to the folder of the index.
        long_side_px: Long side of the planes it belongs to.
        summary: First line of its docstring.
        dtype: Type of its numbers.
        shape: Shape of the array.
        stated: Least and largest value by its docstring; None where it states none.
        lowest: Least value in this picture.
        highest: Largest value in this picture.
        mean: Mean value in this picture; None for directions, whose mean means nothing.
    """

    name: str
    file: str
    long_side_px: int
    summary: str
    dtype: str
    shape: tuple[int, ...]
    stated: tuple[float, float] | None
    lowest: float
    highest: float
    mean: float | None


def plane_pictures(
    frame: Frame, sides_px: Sequence[int] = ()
) -> Iterator[tuple[PlaneEntry, npt.NDArray[np.uint8]]]:
    """Draw and describe every plane of a picture, and of its reductions.

    Args:
        frame: The picture.
        sides_px: Long sides of reductions. One that does not reduce the picture, or comes
            twice, gives nothing.

    Yields:
        Entries, size by size, each with its picture: uint8 (rows, 512, 3), sRGB.
    """
    whole = Planes(frame.rgb)
    seen: set[int] = set()
    for planes in (whole, *map(whole.at, sides_px)):
        side_px = max(planes.rows_px, planes.columns_px)
        if side_px in seen:
            continue
        seen.add(side_px)
        for name, rgb in planes_as_pictures(planes):
            yield _entry(planes, name, side_px), rgb


def index_text(entries: Sequence[PlaneEntry]) -> str:
    """The entries as aligned columns, one line each."""
    return grid.aligned(
        HEADER,
        [
            (
                entry.file,
                entry.dtype,
                "" if entry.stated is None else f"{entry.stated[0]:g} to {entry.stated[1]:g}",
                f"{entry.lowest:.4g}",
                f"{entry.highest:.4g}",
                "" if entry.mean is None else f"{entry.mean:.4g}",
                entry.summary,
            )
            for entry in entries
        ],
    )


def index_json(path: str, frame: Frame, entries: Sequence[PlaneEntry]) -> str:
    """The entries as JSON, with what they were made from.

    Args:
        path: Name of the photo.
        frame: The picture.
        entries: Its planes.
    """
    data = {
        "photo": path,
        "sha256": frame.sha256,
        "format": frame.format,
        "original_size_px": [frame.original_rows_px, frame.original_columns_px],
        "working_size_px": list(frame.rgb.shape[:2]),
        "warnings": list(frame.warnings),
        "version": VERSION,
        "planes": [
            {
                "name": entry.name,
                "file": entry.file,
                "long_side_px": entry.long_side_px,
                "summary": entry.summary,
                "dtype": entry.dtype,
                "shape": list(entry.shape),
                "stated_range": None if entry.stated is None else list(entry.stated),
                "lowest": round(entry.lowest, _DIGITS),
                "highest": round(entry.highest, _DIGITS),
                "mean": None if entry.mean is None else round(entry.mean, _DIGITS),
            }
            for entry in entries
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def head_text(path: str, frame: Frame) -> str:
    """What the index is about, on one line."""
    rows, columns = frame.rgb.shape[:2]
    return (
        f"planes of {printable(path)}: {printable(frame.format)} of {frame.original_rows_px} x "
        f"{frame.original_columns_px} px at {rows} x {columns} px (rows x columns), "
        f"studio-detector {VERSION}\n"
    )


def _entry(planes: Planes, name: str, side_px: int) -> PlaneEntry:
    summary = (getattr(Planes, name).__doc__ or "").strip().partition("\n")[0]
    numbers = _numbers(getattr(planes, name))
    return PlaneEntry(
        name=name,
        file=f"{side_px}px/{name}.png",
        long_side_px=side_px,
        summary=summary.replace("`", ""),
        dtype=str(numbers.dtype),
        shape=numbers.shape,
        stated=_stated(summary, numbers),
        lowest=float(numbers.min()),
        highest=float(numbers.max()),
        mean=None if name.endswith(_CIRCULAR) else float(numbers.mean(dtype=np.float64)),
    )


def _stated(summary: str, numbers: npt.NDArray[np.generic]) -> tuple[float, float] | None:
    if numbers.dtype == np.bool_:
        return 0.0, 1.0
    found = _RANGE.search(summary)
    return None if found is None else (float(found[1]), float(found[2]))


def _numbers(plane: object) -> npt.NDArray[np.generic]:
    """The array that stands for a plane of several parts."""
    match plane:
        case Highlights():
            return plane.mask
        case Components():
            return plane.labels
        case Histogram():
            return plane.counts
        case Spectrum():
            return plane.power
        case np.ndarray():
            return plane
    raise TypeError(f"a plane of the type {type(plane).__name__} has no numbers to describe")
