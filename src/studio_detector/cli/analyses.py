"""``studio-detector analyses``: what is measured, and what one analysis finds on one photo."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import click

from studio_detector.cli.attempts import attempted
from studio_detector.cli.exits import Tally
from studio_detector.cli.options import component_options, debug_option
from studio_detector.cli.pictures import decoded
from studio_detector.errors import EXIT_OK
from studio_detector.pipeline.report import Failure
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from studio_detector.analysis.base import Analysis
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.decision.model import Model
    from studio_detector.imaging import Frame
    from studio_detector.reporting.component import Component

#: Forms of standard output.
Form: TypeAlias = Literal["table", "json", "markdown"]


@click.command(
    "analyses",
    short_help="List what is measured; try one analysis on a photo.",
    help="""List every measurement with its unit, range and source: those of all analyses,
    built in or of installed plugins, disabled ones included, or those of the analysis NAME.

    With --on, run that analysis alone on a photo: every number beside its range and the middle
    half of studio and of natural photographs, its evidence, why numbers are missing, and the
    milliseconds.""",
)
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "--on", "photo", metavar="PHOTO", help="Run NAME on this photo, or - for standard input."
)
@click.option(
    "--overlays",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write pictures of what NAME saw on the photo into this folder.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Form)),
    default="table",
    show_default=True,
    help="Form of the list or of the result; json and markdown also say what each means.",
)
@component_options
@debug_option
@click.pass_obj
def analyses(
    run: Run,
    *,
    name: str | None,
    photo: str | None,
    overlays: Path | None,
    form: Form,
    chosen: Chosen,
) -> int:
    """Write the list or one analysis on a photo; see the help above."""
    from studio_detector.analysis.registry import Registry

    if photo is not None and name is None:
        raise click.UsageError("--on runs one analysis; name it: analyses NAME --on PHOTO")
    if overlays is not None and photo is None:
        raise click.UsageError("--overlays draws a photo; give one with --on PHOTO")
    registry = Registry.load()
    if name is None or photo is None:
        _list(run, list(registry) if name is None else [registry.get(name)], form)
        return EXIT_OK
    return _on_photo(run, registry.get(name), photo, overlays, form, chosen)


def _list(run: Run, chosen: list[Analysis], form: Form) -> None:
    from studio_detector.cli.sinks import write_table
    from studio_detector.reporting import measures

    specs = [analysis.SPEC for analysis in chosen]
    if form == "json":
        run.output.write(json.dumps(measures.as_data(specs), indent=2) + "\n")
    elif form == "markdown":
        run.output.write(measures.markdown_document(specs))
    else:
        write_table(run.output, list(measures.TERMINAL_HEADER), measures.terminal_rows(specs))


def _on_photo(
    run: Run, analysis: Analysis, photo: str, overlays: Path | None, form: Form, chosen: Chosen
) -> int:
    settings = chosen.resolve().settings

    import cv2

    from studio_detector.decision.shipped import load_model

    cv2.setNumThreads(1)  # as the detector's commands do, so that milliseconds compare
    model = load_model(settings.model, rule_weights=settings.rule_weights)
    frame = decoded(run, photo, settings)
    if isinstance(frame, Failure):
        return _failed(run, frame)
    found = attempted(run, photo, lambda: _measured(analysis, frame, model))
    if isinstance(found, Failure):
        return _failed(run, found)
    _write(run, found, photo, frame, form)
    if overlays is not None:
        drawn = attempted(run, photo, lambda: _draw(analysis, frame, overlays))
        if isinstance(drawn, Failure):
            return _failed(run, drawn)
        for path in drawn:
            run.console.say(f"written: {printable(str(path))}\n")
        if not drawn:
            run.console.say(f"no overlay shows the analysis {printable(analysis.SPEC.name)}\n")
    return EXIT_OK


def _measured(analysis: Analysis, frame: Frame, model: Model) -> Component:
    from studio_detector.pipeline.detector import measured
    from studio_detector.planes import Planes
    from studio_detector.reporting.component import component
    from studio_detector.reporting.typical import typical_values

    # Tables and kernels are made at the first call of a process; no photo after it pays for them.
    measured(analysis, Planes(frame.rgb))
    planes = Planes(frame.rgb)
    start = perf_counter()
    measurement = measured(analysis, planes)
    between = perf_counter()
    measured(analysis, planes)
    end = perf_counter()
    return component(
        analysis.SPEC,
        measurement,
        model,
        typical_values(),
        first_ms=1000 * (between - start),
        shared_ms=1000 * (end - between),
    )


def _write(run: Run, found: Component, photo: str, frame: Frame, form: Form) -> None:
    from studio_detector.cli.sinks import write_table
    from studio_detector.reporting import component_forms

    if form == "json":
        data = component_forms.data(found, photo, frame)
        run.output.write(json.dumps(data, indent=2, allow_nan=False) + "\n")
    elif form == "markdown":
        run.output.write(component_forms.markdown(found, photo, frame))
    else:
        head, foot = component_forms.terminal_parts(found, photo, frame)
        run.output.write(head)
        write_table(run.output, list(component_forms.HEADER), component_forms.rows(found))
        run.output.write(foot)


def _draw(analysis: Analysis, frame: Frame, folder: Path) -> list[Path]:
    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays import OVERLAYS, draw, png_bytes
    from studio_detector.reporting.page.writing import write_file

    planes = Planes(frame.rgb)
    written = []
    for kind in OVERLAYS.values():
        if kind.component == analysis.SPEC.name:
            path = folder / f"{kind.name}.png"
            write_file(path, png_bytes(draw(kind.name, planes).rgb))
            written.append(path)
    return written


def _failed(run: Run, failure: Failure) -> int:
    run.console.say(text.failure_text(failure, paint=run.console.paint))
    tally = Tally()
    tally.add(failure)
    return tally.exit_status()
