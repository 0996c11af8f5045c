"""From the arguments of ``analyse`` to photos: files as they are, folders, patterns, ``-``.

========================  ==============================================================
``-``                     one picture from standard input
an existing file          itself, whatever it is
an existing folder        its pictures, those of its sub-folders after its own
a pattern (``*?[``)       what it matches, as if the shell had expanded it
anything else             a failure with its name
========================  ==============================================================

What ``batch`` takes besides is in `studio_detector.sources.open`.
"""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from studio_detector.errors import UnreadableError
from studio_detector.pipeline.report import Failure
from studio_detector.sources.folder import folder_photos
from studio_detector.sources.pattern import matches
from studio_detector.sources.photo import Note, Photo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

#: The argument that stands for standard input.
STANDARD_INPUT = "-"


def expand(arguments: Sequence[str], stdin: BinaryIO | None) -> Iterator[Photo | Failure | Note]:
    """Expand arguments, one after the other and no earlier than needed.

    Args:
        arguments: Files, folders, patterns and ``-``.
        stdin: Standard input; None where the process was started without one.

    Yields:
        Photos, failures of arguments that name none, and notes.
    """
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield _standard_input(stdin)
        elif os.path.lexists(argument) or not glob.has_magic(argument):
            yield from _existing(argument)  # decoding says best what is wrong with a missing one
        elif isinstance(found := matches(argument), Failure):
            yield found
        else:
            for path in found:
                yield from _existing(path)


def _standard_input(stdin: BinaryIO | None) -> Photo | Failure:
    if stdin is None:
        return Failure.of(
            STANDARD_INPUT,
            UnreadableError("standard input is closed; give a file", code="read_failed"),
        )
    return Photo(source=stdin, path=STANDARD_INPUT)


def _existing(path: str) -> Iterator[Photo | Failure | Note]:
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a folder above is closed
        yield from folder_photos(path)
    else:
        yield Photo(source=path, path=path)
