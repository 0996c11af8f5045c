"""One photo decoded for a look at it, by commands that give no verdict."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from studio_detector.cli.attempts import attempted
from studio_detector.pipeline.report import Failure
from studio_detector.sources.arguments import STANDARD_INPUT, expand
from studio_detector.sources.photo import Photo

if TYPE_CHECKING:
    from studio_detector.cli.run import Run
    from studio_detector.imaging import Frame
    from studio_detector.imaging.source import Source
    from studio_detector.pipeline.settings import Settings


def decoded(run: Run, photo: str, settings: Settings) -> Frame | Failure:
    """Decode one photo as an analysis would, without a model.

    Args:
        run: The run.
        photo: A file, or ``-`` for standard input.
        settings: Working size, limits, and whether to decode in a child process.

    Returns:
        The picture, or what is wrong with it.
    """
    source: Source = photo
    if photo == STANDARD_INPUT:
        item = next(expand([photo], getattr(sys.stdin, "buffer", None)))
        if isinstance(item, Failure):
            return item
        if isinstance(item, Photo):
            source = item.source
    return attempted(run, photo, lambda: _loaded(source, settings))


def _loaded(source: Source, settings: Settings) -> Frame:
    from studio_detector.imaging import IsolatedLoader, load

    size_px, limits = settings.working_size_px, settings.limits
    if settings.isolate:
        with IsolatedLoader(working_size_px=size_px, limits=limits) as loader:
            return loader.load(source)
    return load(source, working_size_px=size_px, limits=limits)
