"""Standard output for results and standard error for people."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from studio_detector.reporting.paint import ansi, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_detector.reporting.paint import Paint


class OutputClosedError(Exception):
    """The reader of standard output went away."""


class OutputFailedError(Exception):
    """Standard output cannot be written; the message says why."""


@dataclass(frozen=True, slots=True)
class Output:
    """Standard output, written as bytes and flushed with every piece.

    Attributes:
        stream: The text stream; None where the process was started without one.
    """

    stream: TextIO | None

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return _is_terminal(self.stream)

    def write(self, text: str) -> None:
        """Write text at once.

        Bytes of file names that are no valid text are written as they were.

        Raises:
            OutputClosedError: If nobody reads any more.
            OutputFailedError: If it cannot be written.
        """
        if self.stream is None:
            raise OutputFailedError("it is closed")
        try:
            data = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a UTF-16 pair, possible on Windows only
            data = text.encode("utf-8", "backslashreplace")
        try:
            self.stream.flush()
            self.stream.buffer.write(data)
            self.stream.buffer.flush()
        except BrokenPipeError as error:
            raise OutputClosedError from error
        except (OSError, ValueError) as error:
            raise OutputFailedError(getattr(error, "strerror", None) or str(error)) from error

    def abandon(self) -> None:
        """Point it at nothing, so that what is still buffered does not fail again at exit."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.stream.fileno())  # type: ignore[union-attr]  # suppressed above
            os.close(null)


@dataclass(frozen=True, slots=True)
class Console:
    """Standard error, for people.

    Attributes:
        stream: The text stream; None where the process was started without one.
        paint: Colours text where colours are wanted.
    """

    stream: TextIO | None
    paint: Paint = plain

    def say(self, text: str) -> None:
        """Write text; whether anybody can read it decides nothing."""
        if self.stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(text)
            self.stream.flush()


@contextlib.contextmanager
def native_messages_silenced() -> Iterator[None]:
    """Point file descriptor 2 at nothing for a while.

    Decoders written in C (libtiff, for one) write there what they think of a damaged file,
    quoting its bytes. What matters of it reaches us as an error or a warning.
    """
    try:
        saved = os.dup(2)
    except OSError:  # closed: there is nothing to silence
        yield
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def open_output() -> Output:
    """Standard output of this process."""
    return Output(sys.stdout)


def open_console(environ: Mapping[str, str]) -> Console:
    """Standard error of this process, coloured if the environment and the terminal agree."""
    wanted = colour_wanted(environ, is_terminal=_is_terminal(sys.stderr))
    return Console(sys.stderr, ansi if wanted else plain)


def colour_wanted(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide about colours.

    Args:
        environ: ``NO_COLOR`` (any text) forbids, then ``FORCE_COLOR`` (any text but ``0``)
            demands, then ``TERM=dumb`` forbids.
        is_terminal: What decides otherwise.
    """
    if environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return is_terminal and environ.get("TERM") != "dumb"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
