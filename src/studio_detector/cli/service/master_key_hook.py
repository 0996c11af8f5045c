"""Loading what ``master_key_hook`` names; nothing below the command line imports by name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from studio_detector.service.vault.key_wrapper import KeyWrapper

_WANTED = ("key_id", "wrap", "unwrap")


def load_hook(name: str | None) -> KeyWrapper | None:
    """Import a hook and make its wrapper.

    Args:
        name: ``package.module:name`` of a function without arguments, or None.

    Returns:
        The wrapper; None without a name.

    Raises:
        ConfigError: ``config_invalid_value`` if there is none, or it fails.
    """
    if name is None:
        return None
    module, _, attribute = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except Exception as error:
        # What a hook itself says may hold a secret.
        said = f": {error}" if isinstance(error, (ImportError, AttributeError)) else ""
        raise ConfigError(
            f"master_key_hook {name!r} cannot be used ({type(error).__name__}{said}); name a "
            "function without arguments as package.module:name",
            code="config_invalid_value",
        ) from error
    lacking = [wanted for wanted in _WANTED if not hasattr(made, wanted)]
    if lacking:
        raise ConfigError(
            f"master_key_hook {name!r} gives a {type(made).__name__} without "
            f"{', '.join(lacking)}; see docs/service/privacy.md for what it must have",
            code="config_invalid_value",
        )
    return cast("KeyWrapper", made)
