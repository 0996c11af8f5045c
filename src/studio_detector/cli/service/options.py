"""Options of the commands that open the parts of the service, and the opening itself."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from studio_detector.cli.options import settings_options
from studio_detector.cli.run import PROGRAM
from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from studio_detector.cli.options import Chosen
    from studio_detector.config.load import ResolvedSettings

    #: What click makes of an option.
    Option: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]

_R = TypeVar("_R")

# Packages of the extra, the most telling first.
_PACKAGES = (
    *("fastapi", "sqlalchemy", "dramatiq", "uvicorn", "httpx2"),
    *("prometheus_client", "structlog"),
)

#: Where the parts of the service are.
PLACES: dict[str, Option] = {
    "data_dir": click.option(
        "--data-dir",
        metavar="FOLDER",
        help="Folder of the embedded service; also STUDIO_DETECTOR_DATA_DIR.",
    ),
    "database_url": click.option(
        "--database-url",
        metavar="URL",
        help="Database, for instance postgresql+psycopg://user@host/name.",
    ),
    "broker_url": click.option(
        "--broker-url",
        metavar="URL",
        help="What carries messages to workers: redis://... or amqp://...",
    ),
    "cache_url": click.option(
        "--cache-url", metavar="URL", help="Where results are remembered: redis://..."
    ),
    "blobs_url": click.option(
        "--blobs-url", metavar="URL", help="Where pictures wait: s3://bucket/prefix."
    ),
    "variants_file": click.option(
        "--variants", "variants_file", metavar="FILE", help="TOML file of variants to compare."
    ),
}

_DAY_S = 86_400.0


def format_option(first: str, second: str, *, help: str) -> Option:  # noqa: A002 - as click calls it
    """The option ``--format``, which a command takes as ``output_format``.

    Args:
        first: What it is by default.
        second: What else it may be.
        help: What it is of.
    """
    return click.option(
        "--format",
        "output_format",
        type=click.Choice([first, second]),
        default=first,
        show_default=True,
        help=help,
    )


def _days(_: click.Context, __: click.Parameter, days: float | None) -> float | None:
    return None if days is None else days * _DAY_S


#: How long pictures are kept, for who takes them in and for who throws them away.
KEEPING: dict[str, Option] = {
    "keep_pictures_s": click.option(
        "--keep-pictures",
        "keep_pictures_s",
        type=click.FloatRange(0),
        callback=_days,
        metavar="DAYS",
        help="Keep pictures so long after their analysis; default 0, not at all.",
    ),
}


def service_settings(
    options: Mapping[str, Option],
) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    """Add options that set settings of the service, and all that settings have already.

    Args:
        options: Setting, without its section -> click's option of that name.

    Returns:
        A decorator; the command gets what was set as ``chosen``.
    """

    def decorate(command: Callable[..., _R]) -> Callable[..., _R]:
        @functools.wraps(command)
        def with_chosen(*args: Any, chosen: Chosen, **others: Any) -> _R:  # noqa: ANN401 - whatever the command takes
            given = {name: others.pop(name) for name in options}
            named = {
                f"service.{name}": (_spelling(name), _text(value))
                for name, value in given.items()
                if value is not None
            }
            return command(*args, chosen=replace(chosen, named=chosen.named | named), **others)

        decorated: Callable[..., _R] = with_chosen
        for option in reversed([*options.values()]):
            decorated = option(decorated)
        return settings_options(decorated)

    return decorate


def _spelling(name: str) -> str:
    return "--" + name.removesuffix("_file").removesuffix("_s").replace("_", "-")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def require_service() -> None:
    """Make sure that the extra is installed.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError.for_package(package, "service", "the service")


def data_folder(resolved: ResolvedSettings) -> Path:
    """The folder of the embedded service: the setting's, else one of this user."""
    chosen = resolved.service.data_dir
    return Path(chosen).expanduser() if chosen else Path(click.get_app_dir(PROGRAM)) / "service"
