"""Optional packages of the extras ``train`` and ``report``, imported when first needed."""

from __future__ import annotations

import importlib
from typing import Any

from studio_detector.errors import MissingExtraError


def optional(module: str, *, purpose: str, extra: str = "train") -> Any:  # noqa: ANN401 - a module of any shape
    """Import a module of an extra.

    Args:
        module: Full name, for instance "pyarrow.parquet".
        purpose: What needs it, for the message, for instance "caching measurements".
        extra: The extra that brings it.

    Returns:
        The module.

    Raises:
        MissingExtraError: ``missing_extra``, with the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = {"sklearn": "scikit-learn"}.get(module.partition(".")[0], module)
        raise MissingExtraError.for_package(package.partition(".")[0], extra, purpose) from error


def check_installed(*modules: str, purpose: str, extra: str = "train") -> None:
    """Make sure, before long work, that modules needed at its end are there.

    Args:
        modules: Full names.
        purpose: What needs them, for the message.
        extra: The extra that brings them.

    Raises:
        MissingExtraError: ``missing_extra``, with the command that installs them.
    """
    for module in modules:
        optional(module, purpose=purpose, extra=extra)
