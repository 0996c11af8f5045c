"""Unchecked values against the types and bounds of the settings."""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from studio_detector.config.keys import PREFIX, all_keys, find, sections, suggestion
from studio_detector.errors import ConfigError
from studio_detector.reporting.hidden import HIDDEN
from studio_detector.reporting.printable import shortened

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from studio_detector.config.keys import Key
    from studio_detector.config.origin import Assignment

#: Text that stands for "not set".
NONE_WORDS = ("none", "null")


def checked(assignment: Assignment) -> tuple[Key, Any]:
    """Check one value.

    Values from files are typed and must have the right type; text is converted.

    Args:
        assignment: What was found.

    Returns:
        The setting (or entry of a table) it is for, and the value.

    Raises:
        ConfigError: ``config_unknown_key`` or ``config_invalid_value``; the message names
            the place, the value, what it must be, or the nearest name.
    """
    key = find(assignment.name)
    if key is None:
        raise _unknown(assignment)
    value = assignment.value
    if assignment.is_text and isinstance(value, str):
        value = _from_text(key, value)
    elif isinstance(value, list):
        value = tuple(value)  # neither TOML nor YAML knows tuples
    if value is None and key.optional:
        return key, None
    return key, _validated(key, value, assignment)


def _validated(key: Key, value: object, assignment: Assignment) -> Any:  # noqa: ANN401 - any setting
    try:
        return _adapter(key.annotation, strict=not assignment.is_text).validate_python(value)
    except ValueError as error:  # pydantic's ValidationError is one, and quotes the value
        raise _invalid(key, assignment) from (error if key.secrecy is None else None)


@lru_cache(maxsize=64)
def _adapter(annotation: Any, *, strict: bool) -> TypeAdapter[Any]:  # noqa: ANN401 - any type
    # Costs tenths of a second, which a run without any override need not pay.
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415

    return TypeAdapter(annotation, config=ConfigDict(strict=strict, allow_inf_nan=False))


def _from_text(key: Key, text: str) -> object:
    """Turn text into what pydantic converts further; hopeless text stays as it is."""
    if key.optional and text.strip().lower() in NONE_WORDS:
        return None
    if key.form == "list":
        if text.lstrip().startswith("["):
            listed = _literal(text)
            return tuple(listed) if isinstance(listed, list) else text
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if key.form == "table":
        return _literal(text)
    return text


def _literal(text: str) -> object:
    """Read a list or table in JSON or TOML; text that is neither stays text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        data = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # More than one key: the text went on in a second line.
    return data["value"] if len(data) == 1 else text


def _unknown(assignment: Assignment) -> ConfigError:
    name, place = assignment.name, str(assignment.origin)
    from_environment = assignment.origin.kind == "environment"
    if name in sections():
        inner = next(known for known in all_keys() if known.startswith(f"{name}."))
        example = all_keys()[inner].variable if from_environment else inner
        return ConfigError(
            f"{place}: {name!r} is a group of settings, not a setting with a value; set its "
            f"members, for instance {example}",
            code="config_invalid_value",
        )
    near = suggestion(name)
    if near is None:
        hint = f"known: {', '.join(all_keys())}"
    elif from_environment:
        hint = f"did you mean {all_keys()[near].variable}?"
    else:
        hint = f"did you mean {near!r}?"
    shown = place.removeprefix("environment ") if from_environment else f"{place}: {name!r}"
    article = "variable" if from_environment else "setting"
    prefix = f" (all that begin with {PREFIX} are read)" if from_environment else ""
    return ConfigError(f"{shown} is no known {article}{prefix}; {hint}", code="config_unknown_key")


def _invalid(key: Key, assignment: Assignment) -> ConfigError:
    value = assignment.value if key.secrecy is None else HIDDEN
    return ConfigError(
        f"{assignment.origin}: {key.name} is {shortened(value)}; it must be {key.requirement}",
        code="config_invalid_value",
    )
