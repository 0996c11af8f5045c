"""``studio-detector remote batch``: many pictures in one go."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from studio_detector.cli.remote_analyse import known_analyses, outcome_options, write_outcomes
from studio_detector.cli.remote_options import service_options, wish_options
from studio_detector.errors import CODES, EXIT_OK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from studio_detector.analysis.base import AnalysisSpec
    from studio_detector.cli.remote_outcome import RemoteOutcome
    from studio_detector.cli.run import Run
    from studio_detector.cli.sinks import Format
    from studio_detector.client import Batch, BatchRow, Client
    from studio_detector.client.wishes import Wishes
    from studio_detector.decision.policy import Label

_STANDARD_INPUT = "-"
_LINE_EVERY_S = 2.0


@click.command(
    "batch",
    short_help="Have many photos analysed in one go.",
    help="""Hand many photos in, wait, and write the verdicts in their order.

    SOURCE is an archive (zip or tar), or addresses of photos (https://...), or - for addresses
    on standard input, one a line. With --id, a batch that was handed in before is waited for.
    Progress goes to standard error, the lines of "remote analyse" to standard output.""",
)
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@click.option("--id", "batch_id", type=click.UUID, help="A batch that was handed in before.")
@click.option(
    "--no-wait", is_flag=True, help="Write the batch as a line of JSON at once, and no verdicts."
)
@outcome_options
@wish_options
@service_options
@click.pass_obj
def batch(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    sources: tuple[str, ...],
    batch_id: UUID | None,
    no_wait: bool,
    client: Client,
    wishes: Wishes,
    output_format: Format,
    quiet: bool,
    verbose: bool,
    timing: bool,
    fail_on: tuple[Label, ...],
) -> int:
    """Have many photos analysed; see the help above."""
    if (batch_id is None) is (not sources):
        raise click.UsageError("name a SOURCE, or a batch with --id")
    if batch_id is None:
        batch_id = _handed_in(client, sources, wishes).id
    if not quiet:
        run.console.say(f"batch {batch_id}\n")
    if no_wait:
        import json

        run.output.write(json.dumps(client.batch_status(batch_id).raw) + "\n")
        return EXIT_OK
    for seen in _now_and_then(client.batch_progress(batch_id)):
        if not quiet:
            run.console.say(f"{seen.finished:,} of {seen.total:,} photos\n")
    registry = known_analyses()
    specs = [analysis.SPEC for analysis in registry]
    return write_outcomes(
        run,
        (_outcome(row, specs) for row in client.batch_results(batch_id)),
        registry,
        output_format=output_format,
        quiet=quiet,
        verbose=verbose,
        timing=timing,
        fail_on=fail_on,
        reports=verbose,
    )


def _handed_in(client: Client, sources: tuple[str, ...], wishes: Wishes) -> Batch:
    from studio_detector.client.sources import is_address

    if sources == (_STANDARD_INPUT,):
        lines = (line.strip() for line in sys.stdin or ())
        return client.batch([line for line in lines if line], **wishes)
    if all(map(is_address, sources)):
        return client.batch(list(sources), **wishes)
    if len(sources) == 1:
        return client.batch(Path(sources[0]), **wishes)
    raise click.UsageError("name one archive, or addresses alone (https://...)")


def _now_and_then(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Not more than one in a while, and the last."""
    said = monotonic()
    for batch in batches:
        if batch.is_over or monotonic() - said >= _LINE_EVERY_S:
            said = monotonic()
            yield batch


def _outcome(row: BatchRow, specs: list[AnalysisSpec]) -> RemoteOutcome:
    from dataclasses import replace

    from studio_detector.cli.remote_outcome import remote_report
    from studio_detector.pipeline.report import Failure

    if row.result is not None:
        answer = row.raw.get("answer")
        result = replace(
            row.result,
            job_id=row.job_id,
            answer=answer if isinstance(answer, str) else None,
        )
        return remote_report(row.name, result, specs)
    code = row.error_code or row.state
    return Failure(
        path=row.name,
        code=code if code in CODES else "internal",
        message=row.error_message or f"the job {row.job_id} is {row.state} and has no result",
    )
