"""``studio-detector completion``: scripts that make shells complete this command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.run import PROGRAM

if TYPE_CHECKING:
    from studio_detector.cli.run import Run

_VARIABLE = "_STUDIO_DETECTOR_COMPLETE"


@click.command(
    "completion",
    short_help="Print a script for completion in a shell.",
    help="""Print the script that makes SHELL complete commands, options and files.

    \b
    bash:  eval "$(studio-detector completion bash)"       in ~/.bashrc
    zsh:   eval "$(studio-detector completion zsh)"        in ~/.zshrc
    fish:  studio-detector completion fish | source        in config.fish""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@debug_option
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Write the script; see the help above."""
    from click.shell_completion import get_completion_class

    run: Run = context.obj
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"there is no completion for {shell!r}")
    command = context.find_root().command
    run.output.write(script(command, {}, PROGRAM, _VARIABLE).source() + "\n")
