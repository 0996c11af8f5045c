"""Options that several commands share."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, get_args

import click

from studio_detector.decision.policy import Phases

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.cli.run import Run
    from studio_detector.config.load import ResolvedSettings

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Settings as the options give them, not yet checked.

    Attributes:
        file: ``--config``.
        named: Setting -> (option, text) of the options with a name of their own.
        assignments: ``--set``, as given.
        disable: ``--disable``.
        enable: ``--enable``.
    """

    file: str | None
    named: dict[str, tuple[str, str]]
    assignments: tuple[str, ...]
    disable: tuple[str, ...]
    enable: tuple[str, ...]

    def resolve(self) -> ResolvedSettings:
        """Put them on top of file and environment; see `config.load.load_settings`."""
        from studio_detector.config.load import Options, assignment_from_text, load_settings
        from studio_detector.config.origin import Assignment, Origin

        return load_settings(
            Options(
                file=self.file,
                assignments=(
                    *(assignment_from_text(text, option="--set") for text in self.assignments),
                    *(
                        Assignment(
                            name=name, value=text, origin=Origin("option", option), is_text=True
                        )
                        for name, (option, text) in self.named.items()
                    ),
                ),
                disable=self.disable,
                enable=self.enable,
            ),
            environ=os.environ,
        )


_CONFIG = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help="Read settings from a TOML or YAML file; also STUDIO_DETECTOR_CONFIG.",
)
_MODEL = click.option(
    "--model", metavar="NAME", help="Name of a shipped model, or path of a model file."
)
_ISOLATE = click.option(
    "--isolate/--no-isolate",
    default=None,
    help="Decode in a child process behind limits of memory and time.",
)
_SET = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set anything, for instance limits.max_pixels=1000000; may be repeated.",
)
_SETTINGS_OPTIONS = (
    _CONFIG,
    _MODEL,
    click.option(
        "--phases",
        type=click.Choice(get_args(Phases)),
        help="Look at details: auto (in doubt), lighting (never) or all (always).",
    ),
    _ISOLATE,
    click.option(
        "--disable",
        multiple=True,
        metavar="ANALYSIS",
        help="Leave an analysis out; may be repeated.",
    ),
    click.option(
        "--enable",
        multiple=True,
        metavar="ANALYSIS",
        help="Run an analysis that file or environment disable; may be repeated.",
    ),
    _SET,
)


def settings_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the options that set settings; the command gets them as ``chosen``."""
    return _with_chosen(command, _SETTINGS_OPTIONS)


def picture_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add those of them that matter where a picture is decoded and nothing is decided."""
    return _with_chosen(command, (_CONFIG, _ISOLATE, _SET))


def component_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add those of them that matter where one analysis is looked at with a model."""
    return _with_chosen(command, (_CONFIG, _MODEL, _ISOLATE, _SET))


def _with_chosen(
    command: Callable[..., _R],
    options: tuple[Callable[[Callable[..., _R]], Callable[..., _R]], ...],
) -> Callable[..., _R]:
    @functools.wraps(command)
    def with_chosen(
        *args: Any,  # noqa: ANN401 - whatever the command takes
        config_file: str | None,
        isolate: bool | None,
        assignments: tuple[str, ...],
        **others: Any,  # noqa: ANN401 - whatever the command takes
    ) -> _R:
        texts = {name: others.pop(name, None) for name in ("model", "phases")}
        named = {name: (f"--{name}", text) for name, text in texts.items() if text is not None}
        if isolate is not None:
            named["isolate"] = ("--isolate", "true") if isolate else ("--no-isolate", "false")
        chosen = Chosen(
            file=config_file,
            named=named,
            assignments=assignments,
            disable=others.pop("disable", ()),
            enable=others.pop("enable", ()),
        )
        return command(*args, chosen=chosen, **others)

    decorated: Callable[..., _R] = with_chosen
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def debug_option(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Add ``--debug``, which shows tracebacks of defects."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's form
        run: Run | None = context.obj
        if value and run is not None:
            run.debug = True

    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Show tracebacks of defects.",
    )(command)
