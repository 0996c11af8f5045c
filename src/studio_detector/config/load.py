"""All layers put together: defaults < file < environment < options."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from studio_detector.config.environment import (
    FILE_VARIABLE,
    environment_assignments,
    file_from_environment,
)
from studio_detector.config.files import file_assignments
from studio_detector.config.keys import SERVICE, all_keys, apply, apply_service
from studio_detector.config.origin import DEFAULT, Assignment, Origin
from studio_detector.config.validate import checked
from studio_detector.errors import ConfigError
from studio_detector.pipeline.settings import Settings
from studio_detector.reporting.hidden import HIDDEN
from studio_detector.service.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command line sets.

    Attributes:
        file: Configuration file; None leaves it to the environment.
        assignments: Settings given by options, later ones winning.
        disable: Analyses to disable, beside those disabled by lower layers.
        enable: Analyses to enable, whatever lower layers say.
    """

    file: str | None = None
    assignments: tuple[Assignment, ...] = ()
    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSettings:
    """The settings in force and where each comes from.

    Attributes:
        settings: The settings of the analysis.
        service: Those of the service.
        origins: Dotted name -> origin, for every setting; entries of tables that were set
            one by one have their own.
    """

    settings: Settings
    service: ServiceSettings = field(default_factory=ServiceSettings)
    origins: Mapping[str, Origin] = field(default_factory=dict)


def assignment_from_text(text: str, *, option: str) -> Assignment:
    """Read ``name=value``.

    Args:
        text: For instance ``limits.max_pixels=1000000``.
        option: The option it was given to, for messages.

    Raises:
        ConfigError: ``config_invalid_value`` if there is no ``=`` or no name.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(
            f"option {option}: {_shown(text)} is no assignment; write NAME=VALUE, "
            "for instance limits.max_pixels=1000000",
            code="config_invalid_value",
        )
    name = name.strip()
    return Assignment(
        name=name, value=value, origin=Origin("option", f"{option} {name}"), is_text=True
    )


def _shown(text: str) -> str:
    """What was typed, unless a secret may stand in it."""
    secret = (name.rpartition(".")[2] for name, key in all_keys().items() if key.secrecy)
    return HIDDEN if any(name in text for name in secret) else repr(text)


def load_settings(
    options: Options | None = None, *, environ: Mapping[str, str] = MappingProxyType({})
) -> ResolvedSettings:
    """Build the settings from every layer.

    Args:
        options: What the command line sets.
        environ: Environment variables; `os.environ` at the edge, nothing in tests.

    Returns:
        The settings with their origins.

    Raises:
        ConfigError: ``config_unreadable``, ``config_unknown_key`` or ``config_invalid_value``;
            the message names every problem found, one a line.
        MissingExtraError: If the file is YAML and the extra ``yaml`` is not installed.
    """
    options = options or Options()
    found: list[Assignment] = []
    if options.file is not None:
        found += file_assignments(options.file, named_by="option --config")
    elif (path := file_from_environment(environ)) is not None:
        found += file_assignments(path, named_by=f"variable {FILE_VARIABLE}")
    found += environment_assignments(environ)
    found += options.assignments
    values, origins = _merged(found)
    _switch_analyses(options, values, origins)
    settings, service = _applied(values, origins)
    return ResolvedSettings(
        settings=settings,
        service=service,
        origins=MappingProxyType(
            {name: origins.pop(name, DEFAULT) for name in all_keys()} | origins
        ),
    )


def _merged(found: Iterable[Assignment]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """Check everything found and let later values win; tables are merged entry by entry."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    problems: list[ConfigError] = []
    for assignment in found:
        try:
            key, value = checked(assignment)
        except ConfigError as problem:
            problems.append(problem)
            continue
        if key.name in all_keys():
            values[key.name] = value
            if key.form == "table":
                _forget_entries(origins, key.name)
        else:
            table, _, entry = key.name.partition(".")
            values[table] = {**(values.get(table) or {}), entry: value}
        origins[key.name] = assignment.origin
    if problems:
        raise ConfigError("\n".join(problem.message for problem in problems), code=problems[0].code)
    return values, origins


def _forget_entries(origins: dict[str, Origin], table: str) -> None:
    for name in [name for name in origins if name.startswith(f"{table}.")]:
        del origins[name]


def _switch_analyses(options: Options, values: dict[str, Any], origins: dict[str, Origin]) -> None:
    """Apply ``--disable`` and ``--enable`` to what the lower layers disabled."""
    both = sorted(set(options.disable) & set(options.enable))
    if both:
        raise ConfigError(
            f"option --enable and option --disable both name {both[0]!r}; leave one out",
            code="config_invalid_value",
        )
    before: tuple[str, ...] = values.get("disabled_analyses", ())
    kept = [name for name in before if name not in options.enable]
    after = (*kept, *(name for name in dict.fromkeys(options.disable) if name not in kept))
    if after != before:
        values["disabled_analyses"] = after
        used = [
            name
            for name, given in (("--disable", options.disable), ("--enable", options.enable))
            if given
        ]
        origins["disabled_analyses"] = Origin("option", " and ".join(used))


def _applied(
    values: Mapping[str, Any], origins: Mapping[str, Origin]
) -> tuple[Settings, ServiceSettings]:
    try:
        return apply(Settings(), values), apply_service(values)
    except ConfigError as error:
        # Values that fit one by one but not together: say where they come from.
        places = "; ".join(
            f"{name} from {origin}"
            for name, origin in origins.items()
            if name.removeprefix(f"{SERVICE}.") in error.message
        )
        raise ConfigError(f"{error.message} ({places})", code=error.code) from error


def settings_from_values(base: Settings, values: Mapping[str, object], *, place: str) -> Settings:
    """Change settings of the analysis by dotted name, as a file of variants does.

    Args:
        base: Where to start from.
        values: Dotted name -> value, typed as in a file.
        place: Where they stand, for messages.

    Raises:
        ConfigError: ``config_unknown_key`` or ``config_invalid_value``.
    """
    found = [
        Assignment(name=name, value=value, origin=Origin("file", place))
        for name, value in values.items()
    ]
    merged, _ = _merged(found)
    foreign = [name for name in merged if name.startswith(f"{SERVICE}.")]
    if foreign:
        raise ConfigError(
            f"{place}: {foreign[0]!r} is a setting of the service, not of the analysis; "
            "variants differ in how photos are analysed alone",
            code="config_invalid_value",
        )
    return apply(base, merged)
