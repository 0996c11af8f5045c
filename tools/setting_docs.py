"""The table of docs/configuration.md: every setting, and every way to set it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click

from studio_detector.cli.analyse import analyse
from studio_detector.cli.service.serve import serve
from studio_detector.cli.service.worker import worker
from studio_detector.config.keys import SERVICE, all_keys
from studio_detector.config.render import value_text
from studio_detector.reporting import grid

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Options that change one entry of a list.
_OF_LISTS = {"disable": "disabled_analyses", "enable": "disabled_analyses"}


def settings_table() -> str:
    """Type and bounds, default, option, variable and meaning of every setting."""
    options = options_by_setting()
    return grid.markdown(
        ("setting", "value", "default", "option", "environment variable", "meaning"),
        [
            (
                f"`{key.name}`",
                key.requirement,
                "none" if key.default is None else f"`{value_text(key.default)}`",
                ", ".join(f"`{option}`" for option in options.get(key.name, ())),
                f"`{key.variable}`",
                key.description.replace("``", "`"),
            )
            for key in all_keys().values()
        ],
    )


def options_by_setting() -> Mapping[str, list[str]]:
    """Setting -> the options of its own, as commands have them; `--set` sets all."""
    found: dict[str, list[str]] = defaultdict(list)
    for command, section in ((analyse, ""), (serve, f"{SERVICE}."), (worker, f"{SERVICE}.")):
        for parameter in command.params:
            if not isinstance(parameter, click.Option) or parameter.name is None:
                continue
            name = section + _OF_LISTS.get(parameter.name, parameter.name)
            spelt = [*parameter.opts, *parameter.secondary_opts]
            if name in all_keys() and spelt[0] not in found[name]:
                found[name] += spelt
    return {name: options for name, options in found.items() if options}
