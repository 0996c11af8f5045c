"""Files of pages and overlays: written beside and moved, so that no half file is ever seen."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write a file; the folder above is made where it is missing.

    A file that stands there is replaced; a link that stands there is replaced, not followed.

    Args:
        path: Where to.
        data: What.

    Raises:
        ConfigError: ``config_invalid_value`` if it cannot be written.
    """
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                file.write(data)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{os.fspath(path)!r} cannot be written ({reason}); name a place that can be written",
            code="config_invalid_value",
        ) from error
