"""``studio-detector analyse``: photos in, one verdict each out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, get_args

import click

from studio_detector.cli.attempts import attempted
from studio_detector.cli.exits import Tally
from studio_detector.cli.options import debug_option, settings_options
from studio_detector.cli.sinks import Format, open_sink
from studio_detector.decision.policy import Label
from studio_detector.pipeline.report import Failure
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable
from studio_detector.sources.arguments import STANDARD_INPUT, expand
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from typing import BinaryIO

    from click.shell_completion import CompletionItem

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.report import Outcome
    from studio_detector.sources.photo import Photo


class _PhotoArgument(click.types.StringParamType):
    """Any text; the shell completes it to file names."""

    name = "photo"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        del ctx, param
        return [CompletionItem(incomplete, type="file")]


@click.command(
    "analyse",
    short_help="Analyse photos (the default command).",
    help="""Tell for each PHOTO whether it was lit in a studio or by natural light.

    PHOTO is a file, a folder, a quoted pattern such as 'shoot/**/*.jpg', or - for one picture
    from standard input. One line of JSON for each goes to standard output as soon as it is
    done, a readable report to standard error.

    A file that is named like a command is reached by "analyse NAME" or "./NAME", one that
    begins with a dash after "--".""",
)
@click.argument("photos", nargs=-1, required=True, type=_PhotoArgument(), metavar="PHOTO...")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(get_args(Format)),
    default="jsonl",
    show_default=True,
    help="Form of standard output; json is one array.",
)
@click.option("--quiet", "-q", is_flag=True, help="Standard output only, no report.")
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Every measurement with its evidence, in the report and in JSON and CSV.",
)
@click.option(
    "--timing/--no-timing",
    default=True,
    show_default=True,
    help="Milliseconds in the output; without them, equal pixels give equal bytes.",
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(get_args(Label)),
    help="Exit with 1 if a photo gets this label; may be repeated.",
)
@settings_options
@debug_option
@click.pass_obj
def analyse(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    photos: tuple[str, ...],
    output_format: Format,
    quiet: bool,
    verbose: bool,
    timing: bool,
    fail_on: tuple[Label, ...],
    chosen: Chosen,
) -> int:
    """Analyse photos one after the other; see the help above."""
    if photos.count(STANDARD_INPUT) > 1:
        raise click.UsageError("standard input (-) can be read only once; give it once")
    settings = chosen.resolve().settings

    import cv2

    from studio_detector.pipeline.detector import Detector

    # Pictures of 512 px are too small to share out; waking threads costs more than it saves.
    cv2.setNumThreads(1)
    tally = Tally()
    with Detector(settings) as detector:
        for name in chosen.enable:
            detector.registry.get(name)  # an unknown name is a mistake worth telling
        sink = open_sink(
            output_format,
            run.output,
            [analysis.SPEC for analysis in detector.registry],
            verbose=verbose,
            timing=timing,
        )
        sink.begin()
        for item in expand(photos, _binary_stdin()):
            if isinstance(item, Note):
                if not quiet:
                    run.console.say(printable(item.text) + "\n")
                continue
            outcome = item if isinstance(item, Failure) else _outcome(run, detector, item)
            sink.write(outcome)
            tally.add(outcome)
            if not quiet:
                # A table is for people already; a report beside it would say all twice.
                brief = output_format == "table" and not verbose
                _report(run, detector, outcome, verbose=verbose, timing=timing, brief=brief)
        sink.end()
    if not quiet and tally.failed + tally.labels.total() > 1:
        run.console.say(text.summary_text(dict(sorted(tally.labels.items())), tally.failed))
    return tally.exit_status(fail_on)


def _outcome(run: Run, detector: Detector, photo: Photo) -> Outcome:
    """Analyse one photo; nothing about it keeps the others from being analysed."""
    return attempted(run, photo.path, lambda: detector.analyse(photo.source, path=photo.path))


def _report(
    run: Run, detector: Detector, outcome: Outcome, *, verbose: bool, timing: bool, brief: bool
) -> None:
    paint = run.console.paint
    if isinstance(outcome, Failure):
        run.console.say(text.failure_text(outcome, paint=paint))
        return
    if not brief:
        run.console.say(text.report_text(outcome, detector.settings, timing=timing, paint=paint))
    if verbose:
        run.console.say(text.measurements_text(outcome, detector.registry.measures(), paint=paint))


def _binary_stdin() -> BinaryIO | None:
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)  # None where it is closed
    return stream
