"""With which status the command line exits, and how a run of photos adds up to one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.errors import (
    CODES,
    EXIT_ALL_FAILED,
    EXIT_BUG,
    EXIT_FOUND,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_UNAVAILABLE,
    EXIT_UNWRITABLE,
    EXIT_USAGE,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from studio_detector.pipeline.report import Outcome

#: Stopped by Ctrl-C: 128 + SIGINT, as shells do.
EXIT_INTERRUPTED = 130
#: The reader of standard output went away: 128 + SIGPIPE, as shells do.
EXIT_BROKEN_PIPE = 141

#: Every status with its meaning, for the documentation.
STATUSES: Mapping[int, str] = MappingProxyType(
    {
        EXIT_OK: "every photo was analysed, and no `--fail-on` label was found",
        EXIT_FOUND: "a `--fail-on` label was found; every photo was analysed",
        EXIT_USAGE: "the command, an option or a setting is wrong; nothing was analysed",
        EXIT_SOME_FAILED: "some photos failed, others were analysed",
        EXIT_ALL_FAILED: "every photo failed",
        EXIT_UNAVAILABLE: "the service cannot be reached, or takes no work now",
        EXIT_BUG: "a defect of ours or of a plugin",
        EXIT_UNWRITABLE: "standard output, or the output file, could not be written",
        EXIT_INTERRUPTED: "interrupted with Ctrl-C",
        EXIT_BROKEN_PIPE: "the reader of standard output went away",
    }
)


@dataclass(slots=True)
class Tally:
    """Counts outcomes as they come.

    Attributes:
        labels: Label -> photos that got it.
        failed: Photos that failed.
        defective: Those of them that failed by a defect of ours or of a plugin.
    """

    labels: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    defective: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        if outcome.is_studio is None:
            self.failed += 1
            self.defective += CODES[outcome.code].exit_code == EXIT_BUG
        else:
            self.labels[outcome.label] += 1

    def exit_status(self, fail_on: Collection[str] = ()) -> int:
        """Return the status of the run.

        Failures win over findings, because a run with failures has not looked everywhere.

        Args:
            fail_on: Labels that count as a finding.
        """
        if self.defective:
            return EXIT_BUG
        if self.failed:
            return EXIT_SOME_FAILED if self.labels else EXIT_ALL_FAILED
        return EXIT_FOUND if any(self.labels[label] for label in fail_on) else EXIT_OK
