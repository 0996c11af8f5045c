"""The file of variants: a table of TOML for each, checked before any is used.

::

    [warmer]
    share = 0.1             # of the traffic; 0, the default, is had by name alone
    [warmer.settings]       # any setting of the analysis
    model = "models/warm.json"
    limits.max_pixels = 50_000_000

    [next]
    shadow = true           # share is then of the pictures scored beside; 1 by default
    [next.settings]
    doubt_high = 0.8
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from studio_detector.errors import ConfigError
from studio_detector.reporting.printable import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from studio_detector.pipeline.settings import Settings

    #: Changes the base settings by dotted name, as a configuration file does.
    MakeSettings: TypeAlias = Callable[[Mapping[str, object]], Settings]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_KEYS = frozenset({"share", "shadow", "settings"})
_LARGEST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One variant.

    Attributes:
        name: Its name.
        settings: Its settings, which carry the name.
        share: Share of the pictures it gets, 0..1: of those that are answered, or for a shadow
            of those that are scored beside.
        is_shadow: Whether it is scored and not returned.
    """

    name: str
    settings: Settings
    share: float = 0.0
    is_shadow: bool = False


def read_variants(file: str, make_settings: MakeSettings) -> list[Variant]:
    """Read the variants of a file, in its order.

    Args:
        file: TOML file.
        make_settings: Makes settings of a variant's values, by dotted name, typed as in TOML;
            raises `ConfigError` for what does not fit.

    Raises:
        ConfigError: ``config_unreadable``, ``config_unknown_key`` or ``config_invalid_value``.
    """
    return [_variant(name, table, make_settings) for name, table in _read(file).items()]


def checked_name(name: str) -> str:
    """The name of a variant, if it can be one.

    Raises:
        ConfigError: ``config_invalid_value``.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be the name of a variant; take letters, digits, '_', '.' and '-', "
            "at most 64, the first a letter or digit",
            code="config_invalid_value",
        )
    return name


def _read(file: str) -> dict[str, Any]:
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        if len(data) <= _LARGEST_BYTES:
            return tomllib.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(file, getattr(error, "strerror", None) or error) from error
    raise _unreadable(file, f"it is larger than {_LARGEST_BYTES} bytes")


def _variant(name: str, table: object, make_settings: MakeSettings) -> Variant:
    checked_name(name)
    if not isinstance(table, dict):
        raise _misfit(name, f"is {shortened(table)}, not a table; write [{name}]")
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        raise ConfigError(
            f"variant {name!r}: {unknown[0]!r} is no key of a variant; known: "
            f"{', '.join(sorted(_KEYS))} (settings of the analysis stand in [{name}.settings])",
            code="config_unknown_key",
        )
    shadow = table.get("shadow", False)
    if not isinstance(shadow, bool):
        raise _misfit(name, f"shadow is {shortened(shadow)}; it must be true or false")
    share = table.get("share", 1.0 if shadow else 0.0)
    if type(share) not in {int, float} or not 0 <= share <= 1:
        raise _misfit(name, f"share is {shortened(share)}; it must be a number from 0 to 1")
    values = table.get("settings", {})
    if not isinstance(values, dict):
        raise _misfit(
            name, f"settings is {shortened(values)}, not a table; write [{name}.settings]"
        )
    if "variant" in values:
        raise _misfit(name, "the setting 'variant' is the name of its table; leave it out")
    try:
        settings = make_settings(dict(_flat(values)))
    except ConfigError as error:
        raise ConfigError(f"variant {name!r}: {error.message}", code=error.code) from error
    return Variant(
        name=name, settings=replace(settings, variant=name), share=float(share), is_shadow=shadow
    )


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Dotted names and values, no deeper than settings go."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield key, value


def _misfit(name: str, what: str) -> ConfigError:
    return ConfigError(f"variant {name!r}: {what}", code="config_invalid_value")


def _unreadable(file: str, reason: object) -> ConfigError:
    return ConfigError(
        f"the file of variants {file!r} cannot be read ({reason}); give a file in TOML with a "
        "table for each variant",
        code="config_unreadable",
    )
