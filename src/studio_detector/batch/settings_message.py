"""Settings on their way to a worker: plain data that JSON can hold, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


def settings_to_plain(settings: Settings) -> dict[str, Any]:
    """Every setting by its name, limits nested."""
    return asdict(settings)


def settings_from_plain(plain: Mapping[str, Any]) -> Settings:
    """Rebuild what `settings_to_plain` gave, after JSON made lists of tuples.

    Raises:
        ConfigError: ``config_invalid_value`` if values do not fit together.
        TypeError: If a name is not one of ours.
    """
    # No setting is a list: what is frozen holds tuples.
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
    }
    values["limits"] = Limits(**values["limits"])
    return Settings(**values)
