"""Which column of a list holds the names of the photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Names a column of photos goes by, in the order they are looked for, in any case.
USUAL_COLUMNS = ("path", "file", "filename", "image", "photo", "url")

_SHOWN_COLUMNS = 20
_SHOWN_CHARACTERS = 80


def photo_column(names: Sequence[str], wanted: str | None) -> int:
    """Choose the column of the photos.

    Args:
        names: The columns there are, in order.
        wanted: The column asked for; None takes the first of `USUAL_COLUMNS` that is there,
            else the only column.

    Returns:
        Its index.

    Raises:
        ConfigError: ``manifest_invalid`` if it is not there, or there twice, or cannot be told.
    """
    if wanted is not None:
        found = [index for index, name in enumerate(names) if name == wanted]
        if not found:
            raise _invalid(f"there is no column {wanted!r}; {_there_are(names)}")
        return _single(found, wanted)
    folded = [name.strip().casefold() for name in names]
    for usual in USUAL_COLUMNS:
        found = [index for index, name in enumerate(folded) if name == usual]
        if found:
            return _single(found, usual)
    if len(names) == 1:
        return 0
    raise _invalid(
        f"it cannot be told which column names the photos; {_there_are(names)}; name one with "
        "--column"
    )


def _single(found: Sequence[int], name: str) -> int:
    if len(found) > 1:
        raise _invalid(f"the column {name!r} stands there {len(found)} times; rename all but one")
    return found[0]


def _there_are(names: Sequence[str]) -> str:
    shown = ", ".join(repr(printable(name[:_SHOWN_CHARACTERS])) for name in names[:_SHOWN_COLUMNS])
    more = ", ..." if len(names) > _SHOWN_COLUMNS else ""
    return f"columns: {shown}{more}" if names else "it has no columns"


def _invalid(problem: str) -> ConfigError:
    return ConfigError(problem, code="manifest_invalid")
