"""Settings from environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_detector.config.keys import NESTING, PREFIX, names_by_variable
from studio_detector.config.origin import Assignment, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names the configuration file; no setting itself.
FILE_VARIABLE = PREFIX + "CONFIG"
#: Address of a service for ``studio-detector remote``; no setting itself.
URL_VARIABLE = PREFIX + "URL"
#: Key for that service; no setting itself.
API_KEY_VARIABLE = PREFIX + "API_KEY"
#: Secret for ``studio-detector webhook verify``; no setting itself.
CALLBACK_SECRET_VARIABLE = PREFIX + "CALLBACK_SECRET"
_NO_SETTINGS = frozenset({FILE_VARIABLE, URL_VARIABLE, API_KEY_VARIABLE, CALLBACK_SECRET_VARIABLE})

# Kubernetes gives every pod such variables for a service named studio-detector.
_KUBERNETES = re.compile(
    r"(?:.+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT"
    r"|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)


def environment_assignments(environ: Mapping[str, str]) -> list[Assignment]:
    """Take the settings out of an environment.

    Args:
        environ: Names and values of variables. Empty ones count as not set, and so do those
            that Kubernetes makes for a service named like this program.

    Returns:
        What the variables set, in the order of their names.
    """
    return [
        Assignment(
            name=names_by_variable().get(variable)
            or variable.removeprefix(PREFIX).lower().replace(NESTING, "."),
            value=environ[variable],
            origin=Origin("environment", variable),
            is_text=True,
        )
        for variable in sorted(environ)
        if variable.startswith(PREFIX)
        and variable not in _NO_SETTINGS
        and environ[variable]
        and not _is_made_by_kubernetes(variable.removeprefix(PREFIX), environ[variable])
    ]


def _is_made_by_kubernetes(name: str, value: str) -> bool:
    # Its "PORT" is an address (tcp://10.0.0.1:80), ours a number.
    is_ours = name == "PORT" and value.strip().isdigit()
    return not is_ours and _KUBERNETES.fullmatch(name) is not None


def file_from_environment(environ: Mapping[str, str]) -> str | None:
    """Name of the configuration file, if a variable gives one."""
    return environ.get(FILE_VARIABLE) or None
