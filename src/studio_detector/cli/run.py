"""What every command is handed, and what becomes of everything it can raise."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_detector.cli.exits import (
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
)
from studio_detector.cli.streams import (
    Console,
    Output,
    OutputClosedError,
    OutputFailedError,
    open_console,
    open_output,
)
from studio_detector.errors import EXIT_BUG, EXIT_UNWRITABLE, EXIT_USAGE, StudioDetectorError
from studio_detector.reporting.hidden import without_secrets
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

#: Name of the command.
PROGRAM = "studio-detector"


@dataclass(slots=True)
class Run:
    """One run of the command line.

    Attributes:
        output: For results.
        console: For people.
        debug: Show tracebacks of defects.
    """

    output: Output = field(default_factory=open_output)
    console: Console = field(default_factory=lambda: open_console(os.environ))
    debug: bool = False

    def fail(self, message: str) -> None:
        """Say why the run ends."""
        lines = [printable(line) for line in message.splitlines()]
        self.console.say(f"{PROGRAM}: {self.console.paint('error', 'failure')}: ")
        self.console.say("\n  ".join(lines) + "\n")

    def describe_defect(self, error: Exception) -> str:
        """Put a defect into one line that can be reported; the traceback only if asked for."""
        if self.debug:
            self.console.say(without_secrets("".join(traceback.format_exception(error))))
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        said = without_secrets(str(error))
        return (
            f"{type(error).__name__}: {said}{place}; this is a defect: please report this line, "
            f"what was analysed and the output of '{PROGRAM} doctor' (--debug shows more)"
        )


def guarded(run: Run, call: Callable[[], object]) -> int:
    """Call a command and turn whatever it does into an exit status.

    Args:
        run: The run, for its streams.
        call: Runs the command and returns its status; None counts as 0.

    Returns:
        The exit status.
    """
    try:
        status = call()
    except (click.Abort, KeyboardInterrupt):
        run.console.say(f"{PROGRAM}: interrupted\n")
        return EXIT_INTERRUPTED
    except OutputClosedError:
        run.output.abandon()
        return EXIT_BROKEN_PIPE
    except OutputFailedError as error:
        run.output.abandon()
        run.fail(f"standard output cannot be written: {error}; check the disk or the redirection")
        return EXIT_UNWRITABLE
    except click.ClickException as error:
        _show_usage(run, error)
        return EXIT_USAGE
    except StudioDetectorError as error:
        run.fail(error.message)
        return error.info.exit_code
    except Exception as error:  # noqa: BLE001 - the last door before the user
        run.fail(run.describe_defect(error))
        return EXIT_BUG
    return status if isinstance(status, int) else 0


def _show_usage(run: Run, error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        run.console.say(error.format_message() + "\n")
        return
    if context is not None:
        run.console.say(context.get_usage() + "\n")
    hint = f"; see {context.command_path} --help" if context is not None else ""
    run.fail(error.format_message() + hint)
