"""Commands, their options and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.main import program

if TYPE_CHECKING:
    from collections.abc import Iterator


def command_lines() -> Iterator[tuple[str, str]]:
    """Every command with its arguments, and every option with what it takes."""
    yield from _lines(program, "studio-detector")


def _lines(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    arguments = (p for p in command.params if isinstance(p, click.Argument))
    yield name, " ".join(_argument(argument) for argument in arguments)
    for option in command.params:
        if isinstance(option, click.Option):
            for spelling in (*option.opts, *option.secondary_opts):
                yield f"{name} {spelling}", _value(option)
    if isinstance(command, click.Group):
        for inner, found in command.commands.items():
            yield from _lines(found, f"{name} {inner}")


def _argument(argument: click.Argument) -> str:
    name = argument.human_readable_name
    choices = _choices(argument.type)
    return f"{name}: {choices}" if choices else name


def _value(option: click.Option) -> str:
    if option.is_flag or option.count:
        return ""
    words = _choices(option.type) or option.metavar or option.type.name
    repeated = ", repeated" if option.multiple else ""
    return f"{words}{repeated}{', required' if option.required else ''}"


def _choices(kind: click.ParamType) -> str:
    """What may be chosen from; empty where it is no choice."""
    is_choice = isinstance(kind, click.Choice)
    return "|".join(str(choice) for choice in kind.choices) if is_choice else ""
