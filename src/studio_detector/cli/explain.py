"""``studio-detector explain``: why a photo got its verdict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import click

from studio_detector.cli.attempts import attempted
from studio_detector.cli.exits import Tally
from studio_detector.cli.options import debug_option, settings_options
from studio_detector.pipeline.report import Failure
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable
from studio_detector.sources.arguments import STANDARD_INPUT, expand
from studio_detector.sources.photo import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.cli.explain_see import Eye
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.reporting.page.context import Seen
    from studio_detector.sources.photo import Photo

#: Forms of standard output.
Form: TypeAlias = Literal["text", "json", "markdown"]

_PAIR = 2


@click.command(
    "explain",
    short_help="Say why a photo got its verdict.",
    help="""Say why each PHOTO got its verdict: the evidence from the strongest to the weakest,
    how often such a confidence is right, and which measurements would have to change to turn
    it.

    PHOTO is a file, a folder, a quoted pattern, or - for standard input. --output writes
    pages that need no network and no script. --compare sets two photos side by side.""",
)
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Form)),
    default=None,
    help="Form of standard output; markdown has the evidence as a table. [default: text, or "
    "nothing where --output or --overlays writes files]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="Write pages: NAME.html for one photo or a comparison; any other name is a folder, "
    "for a page each and a list of them.",
)
@click.option(
    "--overlays",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write what the analyses saw as PNG files.",
)
@click.option("--compare", is_flag=True, help="Set two photos side by side.")
@click.option(
    "--evidence-map/--no-evidence-map",
    default=True,
    show_default=True,
    help="Draw where the evidence lies; the picture is judged once more for each of 36 places.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Measurements named one by one. [default: 12, comparing 15, in JSON all]",
)
@click.option(
    "--timing/--no-timing",
    default=True,
    show_default=True,
    help="Milliseconds; without them, equal pixels give equal pages.",
)
@settings_options
@debug_option
@click.pass_obj
def explain(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    photos: tuple[str, ...],
    form: Form | None,
    output: Path | None,
    overlays: Path | None,
    compare: bool,
    evidence_map: bool,
    most: int | None,
    timing: bool,
    chosen: Chosen,
) -> int:
    """Explain photos one after the other; see the help above."""
    if photos.count(STANDARD_INPUT) > 1:
        raise click.UsageError("standard input (-) can be read only once; give it once")
    resolved = chosen.resolve()

    import cv2

    from studio_detector.cli.explain_files import Files, setting_lines
    from studio_detector.cli.explain_print import Printer
    from studio_detector.cli.explain_see import Eye
    from studio_detector.pipeline.detector import Detector
    from studio_detector.reporting.explanation.comparison import compare as compared

    cv2.setNumThreads(1)
    if form is None and output is None and overlays is None:
        form = "text"
    found = _found(run, photos)
    if compare and len(found) != _PAIR:
        raise click.UsageError(f"--compare takes two photos, not {len(found)}; name two")
    files = Files(output=output, overlays=overlays, photos=len(found), compare=compare)
    files.check()
    tally = Tally()
    with Detector(resolved.settings) as detector:
        eye = Eye(
            detector=detector,
            settings=setting_lines(resolved),
            most=most,
            draws=output is not None or overlays is not None,
            evidence_map=evidence_map,
            timing=timing,
        )
        printer = Printer(run=run, form=form, context=eye.context, most=most)
        pair: list[Seen] = []
        for number, item in enumerate(found, start=1):
            seen = _seen(run, item, eye)
            tally.add(seen if isinstance(seen, Failure) else seen.explanation.report)
            if isinstance(seen, Failure):
                printer.failure(seen)
                files.add_failure(seen)
            elif compare:
                files.add_overlays(number, seen)
                pair.append(seen)
            else:
                printer.photo(seen.explanation)
                files.add_overlays(number, seen)
                files.add_page(number, seen, eye.context)
        if len(pair) == _PAIR:
            comparison = compared(pair[0].explanation, pair[1].explanation)
            printer.comparison(comparison)
            files.write_comparison(comparison, pair[0], pair[1], eye.context)
        elif compare:
            run.console.say("nothing is compared, because a photo could not be analysed\n")
        else:
            files.write_index(tally.labels)
    for path in files.written:
        run.console.say(f"written: {printable(str(path))}\n")
    return tally.exit_status()


def _found(run: Run, photos: Sequence[str]) -> list[Photo | Failure]:
    """The photos; notes about them are told."""
    found: list[Photo | Failure] = []
    for item in expand(photos, getattr(sys.stdin, "buffer", None)):
        if isinstance(item, Note):
            run.console.say(printable(item.text) + "\n")
        else:
            found.append(item)
    return found


def _seen(run: Run, item: Photo | Failure, eye: Eye) -> Seen | Failure:
    seen = item if isinstance(item, Failure) else attempted(run, item.path, lambda: eye.look(item))
    if isinstance(seen, Failure):
        run.console.say(text.failure_text(seen, paint=run.console.paint))
    return seen
