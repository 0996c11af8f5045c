"""Where the log of a process goes: from every logger of Python's, through one row of steps."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, TextIO

from structlog.contextvars import merge_contextvars
from structlog.processors import TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from studio_detector.service.logs import fields
from studio_detector.service.logs.layout import layout
from studio_detector.service.logs.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_detector.service.logs.layout import Form


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes records of any logger as lines, without secrets; never raises.

    Args:
        stream: Where to.
        form: How lines look.
        has_colours: Whether they may be coloured on a terminal.
    """

    def __init__(self, stream: TextIO, form: Form = "auto", *, has_colours: bool = False) -> None:
        super().__init__(stream)
        self._redactor = Redactor()
        is_terminal = stream.isatty()
        self.setFormatter(
            ProcessorFormatter(
                foreign_pre_chain=(
                    merge_contextvars,
                    add_log_level,
                    add_logger_name,
                    TimeStamper(fmt="iso", utc=True),
                    ExtraAdder(allow=fields.FACTS),
                    format_exc_info,
                ),
                processors=(
                    fields.chosen,
                    self._redactor,
                    fields.shortened,
                    *layout(form, is_terminal=is_terminal, has_colours=has_colours and is_terminal),
                ),
            )
        )

    def hide(self, known: Iterable[str]) -> None:
        """Hide secrets from now on, whatever they look like.

        Args:
            known: All of them; those of before are forgotten.
        """
        self._redactor.hide(known)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is missing, and nothing of it: what is in it was not redacted.

        Args:
            record: What could not be written.
        """
        with contextlib.suppress(Exception):
            line = logging.makeLogRecord(
                {
                    "name": __name__,
                    "levelno": logging.ERROR,
                    "levelname": "ERROR",
                    "msg": "a line of %s, line %d, could not be written",
                    "args": (record.module, record.lineno),
                }
            )
            self.stream.write(self.format(line) + self.terminator)
            self.flush()
