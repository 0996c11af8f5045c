"""A log that tests can read."""

from __future__ import annotations

import contextlib
import io
import json
import logging

from studio_detector.service.logs.handler import LogHandler


class Log(io.StringIO):
    """What is written, line by line.

    Attributes:
        handler: Writes it.
    """

    def __init__(self, form="json", *, is_terminal=False, has_colours=False):
        super().__init__()
        self._is_terminal = is_terminal
        self.handler = LogHandler(self, form, has_colours=has_colours)

    def isatty(self):
        return self._is_terminal

    def lines(self):
        """The lines of JSON, as values."""
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def told(self, logger):
        """The lines of one logger, by the last part of its name."""
        return [line for line in self.lines() if line["logger"].rpartition(".")[2] == logger]


@contextlib.contextmanager
def writing(form="json", *, at=logging.DEBUG, **options):
    """Have all loggers write into a log while the block runs."""
    root = logging.getLogger()
    level, log = root.level, Log(form, **options)
    root.addHandler(log.handler)
    root.setLevel(at)
    try:
        yield log
    finally:
        root.setLevel(level)
        root.removeHandler(log.handler)
