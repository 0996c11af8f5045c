"""``batch --engine``: the same rows from Daft or Ray, as a folder of Parquet parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from studio_detector.cli.exits import Tally
from studio_detector.errors import CODES, EXIT_BUG
from studio_detector.pipeline.report import Failure
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from studio_detector.batch.engines.run import EngineRun
    from studio_detector.cli.run import Run
    from studio_detector.decision.policy import Label
    from studio_detector.pipeline.settings import Settings
    from studio_detector.sources.photo import Photo

#: The worker pool of this machine, which writes one file.
LOCAL = "local"
#: Options that only the local pool knows; name of the parameter -> option.
_LOCAL_ONLY = {
    "columns": "--columns",
    "overwrite": "--overwrite",
    "timeout_s": "--timeout",
    "memory_mib": "--memory",
    "sort_into": "--sort-into",
    "near_duplicates": "--near-duplicates",
    "report": "--report",
}
_LABELS = frozenset({"studio", "natural", "uncertain"})
# Engines read an address themselves, so to them it is no failure.
_ADDRESS = "unsupported_scheme"


def run_on_engine(
    run: Run,
    items: Iterable[Photo | Failure | Note],
    settings: Settings,
    given: Mapping[str, Any],
    *,
    fail_on: Collection[Label],
    quiet: bool,
) -> int:
    """Score the photos on an engine and return the exit status.

    Raises:
        click.UsageError: For an option or a source that engines do not know.
        StudioDetectorError: See `studio_detector.batch.engines.run.run`.
    """
    refused = [option for name, option in _LOCAL_ONLY.items() if given[name]]
    refused += [] if given["measurements"] else ["--no-measurements"]
    if refused:
        raise click.UsageError(
            f"{refused[0]} is not for --engine {given['engine']}; leave it out, or use the engine "
            f"{LOCAL}"
        )
    from studio_detector.batch.cores import usable_cores
    from studio_detector.batch.engines import run as engines
    from studio_detector.batch.engines.job import Job

    paths, failed = _paths(run, items, quiet=quiet)
    job = Job(
        paths=tuple(paths),
        output=str(given["output"]),
        settings=settings,
        timing=given["timing"],
        workers=given["workers"] or usable_cores(),
        cluster=given["cluster"],
        rows_per_part=given["save_every"],
    )
    found = engines.run(given["engine"], job, resume=given["resume"])
    if not quiet:
        run.console.say(_summary(found, failed, job.output))
    return _status(found, failed).exit_status(fail_on)


def _paths(
    run: Run, items: Iterable[Photo | Failure | Note], *, quiet: bool
) -> tuple[list[str], int]:
    paths, failed = [], 0
    for item in items:
        if isinstance(item, Note):
            if not quiet:
                run.console.say(printable(item.text) + "\n")
        elif isinstance(item, Failure):
            if item.code == _ADDRESS and item.path is not None:
                paths.append(item.path)
                continue
            # Nothing that an engine could read stands behind it, so it gets no row there.
            run.console.say(text.failure_text(item, paint=run.console.paint))
            failed += 1
        elif isinstance(item.source, str):
            paths.append(item.source)
        else:
            raise click.UsageError(
                f"engines read files and lists of files, and {printable(item.path)} is a member "
                f"of an archive; use the engine {LOCAL}"
            )
    return paths, failed


def _summary(found: EngineRun, failed: int, output: str) -> str:
    labels = {name: n for name, n in sorted(found.outcomes.items()) if name in _LABELS}
    failures = {name: n for name, n in sorted(found.outcomes.items()) if name not in _LABELS}
    lines = [text.summary_text(labels, sum(failures.values()) + failed)]
    if failures:
        codes = ", ".join(f"{code} {count:,}" for code, count in failures.items())
        lines.append(f"  failures: {codes}\n")
    if found.found:
        lines.append(f"  {found.found:,} rows were there already, {found.written:,} are new\n")
    lines.append(f"  written to the folder {printable(output)}\n")
    return "".join(lines)


def _status(found: EngineRun, failed: int) -> Tally:
    tally = Tally(failed=failed)
    for name, count in found.outcomes.items():
        if name in _LABELS:
            tally.labels[name] += count
        else:
            tally.failed += count
            tally.defective += count * (CODES[name].exit_code == EXIT_BUG)
    return tally
