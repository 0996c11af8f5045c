"""Settings from environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_detector.config.keys import NESTING, PREFIX
from studio_detector.config.origin import Assignment, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names the configuration file; no setting itself.
FILE_VARIABLE = PREFIX + "CONFIG"

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
            name=variable.removeprefix(PREFIX).lower().replace(NESTING, "."),
            value=environ[variable],
            origin=Origin("environment", variable),
            is_text=True,
        )
        for variable in sorted(environ)
        if variable.startswith(PREFIX)
        and variable != FILE_VARIABLE
        and environ[variable]
        and not _KUBERNETES.fullmatch(variable.removeprefix(PREFIX))
    ]


def file_from_environment(environ: Mapping[str, str]) -> str | None:
    """Name of the configuration file, if a variable gives one."""
    return environ.get(FILE_VARIABLE) or None
