"""``studio-detector remote analyse`` and ``submit``: pictures in, verdicts or jobs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

import click

from studio_detector.cli.exits import Tally
from studio_detector.cli.remote_options import service_options, wish_options
from studio_detector.cli.sinks import Format, open_sink
from studio_detector.decision.policy import Label
from studio_detector.reporting import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_detector.analysis.registry import Registry
    from studio_detector.cli.remote_outcome import RemoteOutcome, RemoteReport
    from studio_detector.cli.remote_pictures import Picture
    from studio_detector.cli.run import Run
    from studio_detector.client import Client
    from studio_detector.client.wishes import Wishes
    from studio_detector.pipeline.report import Failure, Outcome

_PARALLEL = click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Pictures asked about at once.",
)
_ANSWERS = {
    "cached": "the service knew this picture already",
    "shared": "the service was asked about this picture by others at the same time",
    "near_duplicate": "this is the verdict on a picture that looks alike, not on this one",
}
_QUIET = click.option("--quiet", "-q", is_flag=True, help="Standard output only, no report.")

#: Options that say how outcomes are written.
OUTCOME_OPTIONS = (
    click.option(
        "--format",
        "output_format",
        type=click.Choice(get_args(Format)),
        default="jsonl",
        show_default=True,
        help="Form of standard output; json is one array.",
    ),
    _QUIET,
    click.option(
        "--verbose",
        "-v",
        is_flag=True,
        help="Every measurement with its evidence, in the report and in JSON and CSV.",
    ),
    click.option(
        "--timing/--no-timing",
        default=True,
        show_default=True,
        help="Milliseconds in the output.",
    ),
    click.option(
        "--fail-on",
        multiple=True,
        type=click.Choice(get_args(Label)),
        help="Exit with 1 if a photo gets this label; may be repeated.",
    ),
)


def outcome_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say how outcomes are written."""
    for option in reversed(OUTCOME_OPTIONS):
        command = option(command)
    return command


@click.command(
    "analyse",
    short_help="Have photos analysed and wait for the verdicts.",
    help="""Have each PHOTO analysed by the service and write its verdict, in the order given.

    PHOTO is what "studio-detector analyse" takes, or an address (https://...), which the
    service fetches. The lines are those of "studio-detector analyse", with "result_id",
    "job_id" and "answer" (how the service came by it) in JSON.""",
)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@outcome_options
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=300.0,
    show_default=True,
    help="Seconds to wait for each verdict.",
)
@_PARALLEL
@wish_options
@service_options
@click.pass_obj
def analyse(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    photos: tuple[str, ...],
    client: Client,
    wishes: Wishes,
    wait_s: float,
    parallel: int,
    output_format: Format,
    quiet: bool,
    verbose: bool,
    timing: bool,
    fail_on: tuple[Label, ...],
) -> int:
    """Have photos analysed; see the help above."""
    from studio_detector.cli.remote_outcome import about_one_picture, remote_report
    from studio_detector.cli.remote_pictures import in_order, pictures
    from studio_detector.pipeline.report import Failure

    registry = known_analyses()
    specs = [analysis.SPEC for analysis in registry]

    def ask(picture: Picture | Failure) -> RemoteOutcome:
        if isinstance(picture, Failure):
            return picture
        return about_one_picture(
            picture.path,
            lambda: remote_report(
                picture.path, client.analyse(picture.source, wait_s=wait_s, **wishes), specs
            ),
        )

    outcomes = in_order(pictures(run, photos, quiet=quiet), ask, parallel)
    return write_outcomes(
        run,
        outcomes,
        registry,
        output_format=output_format,
        quiet=quiet,
        verbose=verbose,
        timing=timing,
        fail_on=fail_on,
    )


@click.command(
    "submit",
    short_help="Hand photos in without waiting.",
    help="""Hand each PHOTO in and write its job as a line of JSON, without waiting.

    PHOTO is what "remote analyse" takes. "remote status" tells what became of a job.""",
)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@_QUIET
@_PARALLEL
@wish_options
@service_options
@click.pass_obj
def submit(
    run: Run,
    *,
    photos: tuple[str, ...],
    client: Client,
    wishes: Wishes,
    parallel: int,
    quiet: bool,
) -> int:
    """Hand photos in; see the help above."""
    import json

    from studio_detector.cli.remote_outcome import about_one_picture
    from studio_detector.cli.remote_pictures import in_order, pictures
    from studio_detector.pipeline.report import Failure

    def ask(picture: Picture | Failure) -> str | Failure:
        if isinstance(picture, Failure):
            return picture
        return about_one_picture(
            picture.path,
            lambda: json.dumps(
                {
                    "path": picture.path,
                    "job_id": str((job := client.submit(picture.source, **wishes)).id),
                    "state": job.state,
                }
            ),
        )

    tally = Tally()
    for answer in in_order(pictures(run, photos, quiet=quiet), ask, parallel):
        if isinstance(answer, Failure):
            tally.add(answer)
            run.output.write(answer.to_json() + "\n")
            if not quiet:
                run.console.say(text.failure_text(answer, paint=run.console.paint))
        else:
            tally.labels["submitted"] += 1
            run.output.write(answer + "\n")
    return tally.exit_status()


def write_outcomes(  # noqa: PLR0913 - one for each option
    run: Run,
    outcomes: Iterator[RemoteOutcome],
    registry: Registry,
    *,
    output_format: Format,
    quiet: bool,
    verbose: bool,
    timing: bool,
    fail_on: tuple[Label, ...],
    reports: bool = True,
) -> int:
    """Write outcomes as ``analyse`` does.

    Args:
        run: The run.
        outcomes: In order.
        registry: The analyses known here, for the columns.
        output_format: Form of standard output.
        quiet: Nothing for people.
        verbose: With every measurement.
        timing: With milliseconds.
        fail_on: Labels that count as a finding.
        reports: Whether people get a report on each, or on failures alone.

    Returns:
        The exit status.
    """
    from studio_detector.pipeline.report import Failure

    tally = Tally()
    specs = [analysis.SPEC for analysis in registry]
    sink = open_sink(output_format, run.output, specs, verbose=verbose, timing=timing)
    sink.begin()
    for outcome in outcomes:
        # It has what sinks and tallies ask of a report.
        like_ours = cast("Outcome", outcome)
        sink.write(like_ours)
        tally.add(like_ours)
        if quiet:
            continue
        if isinstance(outcome, Failure):
            run.console.say(text.failure_text(outcome, paint=run.console.paint))
        elif reports:
            # A table is for people already; a report beside it would say all twice.
            brief = output_format == "table" and not verbose
            _say(run, outcome, registry, verbose=verbose, timing=timing, brief=brief)
    sink.end()
    if not quiet and tally.failed + tally.labels.total() > 1:
        run.console.say(text.summary_text(dict(sorted(tally.labels.items())), tally.failed))
    return tally.exit_status(fail_on)


def known_analyses() -> Registry:
    """The analyses known here; the service may know others."""
    from studio_detector.analysis.registry import Registry

    return Registry.load()


def _say(
    run: Run, outcome: RemoteReport, registry: Registry, *, verbose: bool, timing: bool, brief: bool
) -> None:
    paint = run.console.paint
    if not brief:
        report = text.report_text(outcome.report, outcome.settings, timing=timing, paint=paint)
        run.console.say(report)
    words = _ANSWERS.get(outcome.result.answer or "")
    if words is not None:
        run.console.say(f"  {words}\n")
    if verbose:
        measured = text.measurements_text(outcome.report, registry.measures(), paint=paint)
        run.console.say(measured)
