"""``studio-detector config``: the settings in force and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option, settings_options

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.group("config", short_help="Show the settings in force.")
def config() -> None:
    """Settings from defaults < file < environment < options."""


@config.command(
    "show",
    short_help="Print every setting.",
    help="""Print every setting as it is after defaults, file, environment and options.

    The form toml is a configuration file that gives the same settings again. Passwords and
    secrets are shown as *** unless --secrets is given.""",
)
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "toml"]),
    default="table",
    show_default=True,
    help="Form of the list.",
)
@click.option("--secrets", is_flag=True, help="Show passwords and secrets too.")
@settings_options
@debug_option
@click.pass_obj
def show(run: Run, *, origin: bool, output_format: str, secrets: bool, chosen: Chosen) -> None:
    """Write the settings; see the help above."""
    resolved = chosen.resolve()

    from studio_detector.cli.sinks import write_table
    from studio_detector.config import render
    from studio_detector.reporting.printable import printable

    if output_format == "json":
        run.output.write(render.as_json(resolved, origin=origin, secrets=secrets))
    elif output_format == "toml":
        run.output.write(render.as_toml(resolved, origin=origin, secrets=secrets))
    else:
        header = ["setting", "value", *(["origin"] if origin else [])]
        found = render.as_rows(resolved, origin=origin, secrets=secrets)
        rows = [tuple(map(printable, row)) for row in found]
        write_table(run.output, header, rows)
