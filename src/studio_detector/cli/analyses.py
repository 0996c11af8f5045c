"""``studio-detector analyses``: everything that is measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option

if TYPE_CHECKING:
    from studio_detector.cli.run import Run


@click.command(
    "analyses",
    short_help="List every measurement with unit, range and source.",
    help="""List every measurement with its unit, range and source.

    The built-in analyses and those of installed plugins, disabled ones included.""",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="Form of the list; json and markdown also say what each means.",
)
@debug_option
@click.pass_obj
def analyses(run: Run, *, output_format: str) -> None:
    """Write the list; see the help above."""
    from studio_detector.analysis.registry import Registry
    from studio_detector.cli.sinks import write_table
    from studio_detector.reporting import measures

    specs = [analysis.SPEC for analysis in Registry.load()]
    if output_format == "json":
        run.output.write(json.dumps(measures.as_data(specs), indent=2) + "\n")
    elif output_format == "markdown":
        run.output.write(measures.markdown_document(specs))
    else:
        write_table(run.output, list(measures.TERMINAL_HEADER), measures.terminal_rows(specs))
