"""Kinds of photographs on which a model is judged apart."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from studio_detector.learning.measurements import FILE_FACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from studio_detector.learning.dataset import Photo
    from studio_detector.learning.measurements import MeasurementTable

    Bools = npt.NDArray[np.bool_]

#: By what slices can be asked for.
SliceKey: TypeAlias = Literal["genre", "hard", "region", "make", "year", "group"]
SLICE_KEYS: tuple[SliceKey, ...] = get_args(SliceKey)

#: Share of white in the border from which the border counts as white.
WHITE_BORDER_RATIO = 0.5
#: Chroma (CIE C*ab) of the most colourful twentieth up to which a picture is monochrome: with
#: less, not even patches of it look coloured.
MONOCHROME_CHROMA = 3.0
#: Genres that are always judged apart, where they occur.
_GENRES = ("people", "object")
_WHITE = "background.border_white_ratio"
_CHROMA = "colour_temperature.chroma_p95"

_VALUE: Mapping[SliceKey, Callable[[Photo], str]] = MappingProxyType(
    {
        "genre": lambda photo: photo.genre,
        "hard": lambda photo: "hard" if photo.hard else "not hard",
        "region": lambda photo: photo.region,
        "make": lambda photo: photo.make,
        "year": lambda photo: photo.year,
        "group": lambda photo: photo.group,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """One kind of photographs.

    Attributes:
        key: What they were sorted by, for instance "genre".
        value: What they have in common, for instance "people".
        member: Which photographs belong to it, bool.
    """

    key: str
    value: str
    member: Bools


def all_slices(
    photos: Sequence[Photo], table: MeasurementTable, by: Sequence[SliceKey] = ()
) -> list[Slice]:
    """The slices of every report (people, object, hard, border, orientation, colour) and more.

    Args:
        photos: The photographs.
        table: Their measurements, one row each, in the same order.
        by: What else they are sorted by; those slices are in the result, each once.

    Returns:
        Slices with at least one photograph; a measure that is missing puts a photograph into
        neither slice of its pair.
    """
    genres = [photo.genre for photo in photos]
    rows, columns, _ = table.columns(FILE_FACTS).T
    found = [
        Slice(key="genre", value=g, member=np.array([x == g for x in genres])) for g in _GENRES
    ]
    found += _pair("hard", ("hard", "not hard"), np.array([p.hard for p in photos]))
    found += _pair("orientation", ("upright", "not upright"), rows > columns)
    for key, names, measure, above in (
        ("border", ("white border", "no white border"), _WHITE, WHITE_BORDER_RATIO),
        ("colour", ("colour", "monochrome"), _CHROMA, MONOCHROME_CHROMA),
    ):
        if measure in table.keys:
            (values,) = table.columns([measure]).T
            found += _pair(key, names, values > above, known=~np.isnan(values))
    standing = [one for one in found if one.key not in by and one.member.any()]
    return [*standing, *slices_by(photos, by)]


def slices_by(photos: Sequence[Photo], keys: Sequence[SliceKey]) -> list[Slice]:
    """One slice for every value of the keys; unknown values make a slice of their own.

    Args:
        photos: The photographs.
        keys: What to sort by.
    """
    found = []
    for key in dict.fromkeys(keys):
        values = np.array([_VALUE[key](photo) for photo in photos])
        found += [
            Slice(key=key, value=value or "unknown", member=values == value)
            for value in sorted(set(values.tolist()), key=lambda text: (text == "", text))
        ]
    return found


def _pair(
    key: str, names: tuple[str, str], first: Bools, *, known: Bools | None = None
) -> list[Slice]:
    known = np.ones(first.size, dtype=np.bool_) if known is None else known
    return [
        Slice(key=key, value=names[0], member=first & known),
        Slice(key=key, value=names[1], member=~first & known),
    ]
