"""``studio-detector batch``: many photos, worker processes, one file of rows."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio_detector.cli.batch_engine import LOCAL, run_on_engine
from studio_detector.cli.batch_options import batch_options
from studio_detector.cli.exits import EXIT_INTERRUPTED, Tally
from studio_detector.cli.options import debug_option, settings_options
from studio_detector.errors import CODES, EXIT_BUG, EXIT_OK
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from studio_detector.batch.plan import BatchOptions, BatchSummary
    from studio_detector.batch.run import Batch
    from studio_detector.batch.sorting import SortBy, Sorter
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.decision.policy import Label
    from studio_detector.pipeline.detector import Detector
    from studio_detector.sources.open import SourceOptions

_MIB = 1024 * 1024


@click.command(
    "batch",
    short_help="Analyse many photos into one file of rows.",
    help="""Analyse every photo of the SOURCEs in worker processes and write one row for each,
    failures included, to FILE.

    SOURCE is a folder, a quoted pattern, a list of photos (.csv, .jsonl, .parquet, .txt), an
    archive (.tar, .zip), a picture, or - for a list on standard input. The suffix of FILE tells
    the format: .parquet (extra "batch"), .csv, .jsonl or .sqlite.

    Finished rows are kept beside FILE until it is whole. A run that was killed, or stopped with
    Ctrl-C, goes on with the same command and --resume.""",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@batch_options
@settings_options
@debug_option
@click.pass_obj
def batch(
    run: Run,
    /,
    *,
    sources: tuple[str, ...],
    fail_on: tuple[Label, ...],
    quiet: bool,
    **given: Any,  # noqa: ANN401 - one for each other option
) -> int:
    """Analyse many photos; see the help above."""
    if given["resume"] and given["overwrite"]:
        raise click.UsageError("--resume and --overwrite contradict each other; give one")
    if given["engine"] != LOCAL:
        return _on_engine(run, sources, given, fail_on=fail_on, quiet=quiet)
    if given["cluster"] is not None:
        raise click.UsageError(f"--cluster is not for the engine {LOCAL}; name one with --engine")
    given["output"] = _output_file(given["output"])
    _check_report(given["report"], given["output"], replaces=given["resume"] or given["overwrite"])
    if given["resume"] and _is_finished(given["output"]):
        _remove_leftovers(given["output"])
        if not quiet:
            name = printable(str(given["output"]))
            run.console.say(f"{name} is finished, there is nothing to resume\n")
        return EXIT_OK
    _check_folders(sources, given["sort_into"])
    chosen: Chosen = given["chosen"]
    settings = chosen.resolve().settings

    from studio_detector.batch.run import Batch
    from studio_detector.cli.batch_progress import Counter, open_display
    from studio_detector.pipeline.detector import Detector
    from studio_detector.sources.open import SourceOptions, batch_sources

    source_options = SourceOptions(
        column=given["column"], null_separated=given["null_separated"], limits=settings.limits
    )
    detector = Detector(settings)
    for name in chosen.enable:
        detector.registry.get(name)
    options = _batch_options(given, detector)
    items = batch_sources(sources, _binary_stdin(), source_options)
    with (
        open_display(run.console, quiet=quiet, is_terminal=_is_terminal()) as display,
        Counter(lambda is_over: _count(sources, source_options, is_over), display)
        if not quiet
        else contextlib.nullcontext(),
    ):
        this = Batch(
            detector=detector,
            options=options,
            pool_options=_pool_options(given),
            watcher=display,
        )
        with _interruptible(this, display.note):
            summary = this.run(items)
    if not quiet:
        run.console.say(_summary_text(summary, options))
    return _status(summary, fail_on)


def _on_engine(
    run: Run,
    sources: tuple[str, ...],
    given: dict[str, Any],
    *,
    fail_on: tuple[Label, ...],
    quiet: bool,
) -> int:
    from studio_detector.sources.open import SourceOptions, batch_sources

    settings = given["chosen"].resolve().settings
    options = SourceOptions(
        column=given["column"], null_separated=given["null_separated"], limits=settings.limits
    )
    items = batch_sources(sources, _binary_stdin(), options)
    return run_on_engine(run, items, settings, given, fail_on=fail_on, quiet=quiet)


def _output_file(name: str) -> Path:
    output = Path(name)
    if output.is_dir():
        raise click.UsageError(f"--output {name!r} is a folder; name a file, such as rows.parquet")
    return output


def _check_report(report: Path | None, output: Path, *, replaces: bool) -> None:
    """Refuse what the page would destroy, and a place it cannot go to, before anything runs."""
    if report is None:
        return
    if report.resolve() == output.resolve():
        raise click.UsageError("--report and --output name the same file; give two")
    if report.suffix.lower() not in {".html", ".htm"}:
        raise click.UsageError(f"--report {str(report)!r} is no page; name a file such as x.html")
    if not report.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder for --report {str(report)!r}; make it first")
    if report.exists() and not replaces:
        raise click.UsageError(
            f"--report {str(report)!r} exists; name another file, or replace it with --overwrite"
        )


def _batch_options(given: dict[str, Any], detector: Detector) -> BatchOptions:
    from studio_detector.batch.plan import BatchOptions
    from studio_detector.batch.rows import chosen_columns, row_columns
    from studio_detector.batch.writers.base import Layout

    columns = row_columns(
        [analysis.SPEC for analysis in detector.registry],
        measurements=given["measurements"],
        timing=given["timing"],
        near_duplicates=given["near_duplicates"],
    )
    names = given["columns"]
    if names is not None:
        columns = chosen_columns(columns, [n.strip() for n in names.split(",") if n.strip()])
    return BatchOptions(
        output=given["output"],
        layout=Layout(
            columns=columns,
            flat=names is not None,
            measurements=given["measurements"],
            timing=given["timing"],
        ),
        mode="resume" if given["resume"] else "overwrite" if given["overwrite"] else "new",
        near_duplicates=given["near_duplicates"],
        sorter=_sorter(given["sort_into"], given["sort_by"]),
        overview=given["report"],
        shard_rows=given["save_every"],
    )


def _sorter(folder: Path | None, by: SortBy) -> Sorter | None:
    if folder is None:
        return None
    from studio_detector.batch.sorting import Sorter

    return Sorter(folder, by=by)


def _pool_options(given: dict[str, Any]) -> Any:  # noqa: ANN401 - PoolOptions, imported late
    from studio_detector.batch.pool import PoolOptions

    named = {
        "workers": given["workers"],
        "timeout_s": given["timeout_s"],
        "memory_bytes": None if given["memory_mib"] is None else given["memory_mib"] * _MIB,
    }
    return PoolOptions(
        perceptual_hash=given["near_duplicates"],
        **{name: value for name, value in named.items() if value is not None},
    )


def _is_finished(output: Path) -> bool:
    from studio_detector.batch.parts import is_finished

    return is_finished(output)


def _remove_leftovers(output: Path) -> None:
    from studio_detector.batch.parts import remove_leftovers

    remove_leftovers(output)


def _check_folders(sources: tuple[str, ...], sort_into: Path | None) -> None:
    """Refuse to sort pictures into where they are being looked for."""
    if sort_into is None:
        return
    target = sort_into.resolve()
    for source in sources:
        folder = Path(source)
        with contextlib.suppress(OSError, ValueError):  # a name that cannot exist holds nothing
            if folder.is_dir() and target.is_relative_to(folder.resolve()):
                raise click.UsageError(
                    f"the pictures would be sorted into the folder {source!r} they come from; "
                    "name a folder elsewhere with --sort-into"
                )


def _count(
    sources: tuple[str, ...], options: SourceOptions, is_over: Callable[[], bool]
) -> int | None:
    """Count the inputs where that is cheap; None where it is not."""
    from studio_detector.batch.inputs import count_inputs

    return count_inputs(sources, options, is_over)


@contextlib.contextmanager
def _interruptible(this: Batch, note: Callable[[str], None]) -> Iterator[None]:
    """Let the first Ctrl-C end the batch after the photos in flight, the second at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(number: int, frame: object) -> None:
        del number, frame
        signal.signal(signal.SIGINT, signal.default_int_handler)
        this.stop()
        with contextlib.suppress(RuntimeError):  # it came in the middle of other words
            note("stopping after the photos in flight; press Ctrl-C again to stop at once")

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _summary_text(summary: BatchSummary, options: BatchOptions) -> str:
    counts = summary.counts
    lines = [text.summary_text(dict(sorted(counts.labels.items())), counts.failed)]
    if counts.failures:
        codes = ", ".join(f"{code} {count:,}" for code, count in sorted(counts.failures.items()))
        lines.append(f"  failures: {codes}\n")
    if counts.duplicates:
        lines.append(f"  exact duplicates: {counts.duplicates:,}\n")
    if summary.near_duplicate_groups is not None:
        lines.append(f"  groups of near duplicates: {summary.near_duplicate_groups:,}\n")
    if summary.misplaced:
        lines.append(f"  not sorted: {counted(summary.misplaced, 'picture')}\n")
    output = printable(os.fspath(options.output))
    if summary.is_finished:
        lines.append(f"  written to {output}\n")
    else:
        lines.append(
            f"  stopped before the end; go on with the same command and --resume, "
            f"{output} is written when all photos are done\n"
        )
    return "".join(lines)


def _status(summary: BatchSummary, fail_on: tuple[Label, ...]) -> int:
    if not summary.is_finished:
        return EXIT_INTERRUPTED
    failures = summary.counts.failures
    return Tally(
        labels=summary.counts.labels,
        failed=summary.counts.failed,
        defective=sum(n for code, n in failures.items() if CODES[code].exit_code == EXIT_BUG),
    ).exit_status(fail_on)


def _is_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def _binary_stdin() -> BinaryIO | None:
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)  # None where it is closed
    return stream
