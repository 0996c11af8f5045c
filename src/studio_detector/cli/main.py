"""The command itself: finds the command meant, runs it, and exits with the right status."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from studio_detector.cli.analyse import analyse
from studio_detector.cli.analyses import analyses
from studio_detector.cli.batch import batch
from studio_detector.cli.compare import compare
from studio_detector.cli.completion import completion
from studio_detector.cli.config import config
from studio_detector.cli.doctor import doctor
from studio_detector.cli.evaluate import evaluate
from studio_detector.cli.explain import explain
from studio_detector.cli.options import debug_option
from studio_detector.cli.planes import planes
from studio_detector.cli.remote import remote
from studio_detector.cli.run import PROGRAM, Run, guarded
from studio_detector.cli.service.audit import audit
from studio_detector.cli.service.erase import erase
from studio_detector.cli.service.jobs import jobs
from studio_detector.cli.service.keys import keys
from studio_detector.cli.service.migrate import migrate
from studio_detector.cli.service.pictures import pictures
from studio_detector.cli.service.rescore import rescore
from studio_detector.cli.service.serve import serve
from studio_detector.cli.service.variants import variants
from studio_detector.cli.service.webhook import webhook
from studio_detector.cli.service.worker import worker
from studio_detector.cli.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

_DEFAULT_COMMAND = "analyse"
# Options of the program itself; any other word that is no command begins a list of photos.
_OWN_OPTIONS = frozenset({"-h", "--help", "--version"})
_DEBUG = "--debug"


class _Program(click.Group):
    """A group with a default command, and with our exit statuses."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = next((at for at, word in enumerate(args) if word != _DEBUG), None)
        if at is not None and args[at] not in _OWN_OPTIONS and args[at] not in self.commands:
            args = [*args[:at], _DEFAULT_COMMAND, *args[at:]]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]

    def main(  # type: ignore[override]  # click overloads it by standalone_mode
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - whatever click takes
    ) -> NoReturn:
        """Run and exit, as click's own ``main`` does, with every ending in our hands."""
        run = Run()
        extra |= {"standalone_mode": False, "obj": run}
        call = super().main
        sys.exit(guarded(run, lambda: call(args, prog_name or PROGRAM, **extra)))


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's form
    if not value or context.resilient_parsing:
        return
    from studio_detector.version import VERSION

    context.obj.output.write(f"{PROGRAM} {VERSION}\n")
    context.exit()


@click.group(
    cls=_Program,
    name=PROGRAM,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="[COMMAND] PHOTO...",
    help="""Tell from the pixels whether photographs were lit in a studio or by natural light.

    \b
    studio-detector portrait.jpg             a verdict with its evidence
    studio-detector shoot/ --quiet           one line of JSON for each picture
    studio-detector analyse --help           every option
    studio-detector batch shoot/ --output verdicts.parquet

    Without a command, "analyse" is meant.""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@debug_option
def program() -> None:
    """The group of all commands; see the help above."""


for _command in (
    analyse,
    batch,
    analyses,
    explain,
    planes,
    evaluate,
    compare,
    train,
    serve,
    worker,
    migrate,
    keys,
    remote,
    jobs,
    variants,
    rescore,
    pictures,
    erase,
    webhook,
    audit,
    config,
    doctor,
    completion,
):
    program.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Args:
        arguments: What follows the name of the program; None takes those of this process.

    Raises:
        SystemExit: Always, with one of `exits.STATUSES`.
    """
    try:
        program.main(arguments)
    finally:
        # The process ends: looking through its modules for garbage before they are dropped
        # only makes the end longer.
        gc.freeze()
