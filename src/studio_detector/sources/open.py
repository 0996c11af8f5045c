"""What ``batch`` takes: arguments of ``analyse``, and lists, archives and addresses besides."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.report import Failure
from studio_detector.sources.archives.archive import archive_photos, check_archive, is_archive
from studio_detector.sources.arguments import STANDARD_INPUT
from studio_detector.sources.folder import folder_photos
from studio_detector.sources.manifests.manifest import (
    check_manifest,
    is_manifest,
    listed_photos,
    manifest_photos,
)
from studio_detector.sources.names import is_address, photo_named
from studio_detector.sources.pattern import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from studio_detector.sources.photo import Note, Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How sources are read.

    Attributes:
        column: Column of lists that names the photos; None takes the usual names, see
            `studio_detector.sources.manifests.columns`.
        null_separated: Names on standard input end with NUL instead of a line end.
        limits: ``max_file_bytes`` bounds each member of an archive.
    """

    column: str | None = None
    null_separated: bool = False
    limits: Limits = field(default_factory=Limits)


def batch_sources(
    arguments: Sequence[str], stdin: BinaryIO | None, options: SourceOptions
) -> Iterator[Photo | Failure | Note]:
    """Expand arguments, one after the other and no earlier than needed.

    Equal arguments, files and standard input give equal items in equal order, so that a run
    can go on where an earlier one ended. Held at a time: the entries of one folder, the
    matches of one pattern, the directory of one zip, one member of an archive.

    Args:
        arguments: In order: ``-`` (a list of names on standard input), addresses, folders,
            lists and archives by their suffix, other files as they are, patterns.
        stdin: Standard input; None where the process was started without one.
        options: How they are read.

    Returns:
        Photos, failures of what names none, and notes.

    Raises:
        ConfigError: At once, before the first item: ``manifest_invalid`` for a list named by an
            argument that cannot be read or has no column of photos, or for standard input that
            is closed; ``config_invalid_value`` if it is named twice.
        MissingExtraError: At once, if a list or archive needs an extra that is not installed.
    """
    _check(arguments, stdin, options)
    return _expanded(arguments, stdin, options)


def _check(arguments: Sequence[str], stdin: BinaryIO | None, options: SourceOptions) -> None:
    if arguments.count(STANDARD_INPUT) > 1:
        raise ConfigError(
            "standard input (-) can be read only once; give it once", code="config_invalid_value"
        )
    if STANDARD_INPUT in arguments and stdin is None:
        raise ConfigError("standard input is closed; give a list", code="manifest_invalid")
    for argument in arguments:
        if is_address(argument) or _is_folder(argument) or _is_pattern(argument):
            continue
        if is_manifest(argument):
            check_manifest(argument, options.column)
        elif is_archive(argument):
            check_archive(argument)


def _expanded(
    arguments: Sequence[str], stdin: BinaryIO | None, options: SourceOptions
) -> Iterator[Photo | Failure | Note]:
    for argument in arguments:
        if argument == STANDARD_INPUT and stdin is not None:
            yield from listed_photos(stdin, argument, null_separated=options.null_separated)
        elif is_address(argument):
            yield photo_named(argument)
        elif not _is_pattern(argument):
            yield from _opened(argument, options)
        elif isinstance(found := matches(argument), Failure):
            yield found
        else:
            for path in found:
                yield from _opened(path, options)


def _opened(path: str, options: SourceOptions) -> Iterator[Photo | Failure | Note]:
    if _is_folder(path):
        yield from folder_photos(path)
    elif is_manifest(path):
        yield from manifest_photos(path, options.column)
    elif is_archive(path):
        yield from archive_photos(path, options.limits)
    else:
        yield photo_named(path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a folder above is closed


def _is_pattern(argument: str) -> bool:
    """Tell a pattern from a file that merely has brackets in its name."""
    return glob.has_magic(argument) and not os.path.lexists(argument)
