"""The engines' packages: imported when first needed, and kept from phoning home."""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

#: Environment of a run that reports to nobody and whose workers use the environment of the
#: program: Daft's and Ray's usage statistics are off, and Ray does not rebuild the environment
#: of ``uv run`` on each worker.
QUIET_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "DO_NOT_TRACK": "1",
        "DAFT_ANALYTICS_ENABLED": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }
)


def be_quiet(environment: MutableMapping[str, str]) -> None:
    """Turn usage statistics off, unless the user decided otherwise.

    Both packages report by default and take no other switch than the environment. It works
    only before their first import.

    Args:
        environment: ``os.environ``, or what a child process will get; changed in place.
    """
    for name, value in QUIET_ENVIRONMENT.items():
        environment.setdefault(name, value)


def package(module: str) -> Any:  # noqa: ANN401 - a module of any shape
    """Import a module of the extra ``distributed``.

    Args:
        module: Full name, for instance "ray.data".

    Returns:
        The module.

    Raises:
        MissingExtraError: ``missing_extra``, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        raise MissingExtraError.for_package(name, "distributed", f"the engine {name}") from error
