"""Every setting by name, read off the dataclasses that hold them: type, bounds, default, words.

Nothing about a setting is written here; `Settings`, `Limits` and `ServiceSettings` are the one
place.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
import types
from dataclasses import dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from annotated_types import Ge, Gt, Le, Lt

from studio_detector.pipeline.settings import Settings
from studio_detector.service.settings import Secret, ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Start of the name of every environment variable that is read.
PREFIX = "STUDIO_DETECTOR_"
#: Between the parts of a nested name in an environment variable.
NESTING = "__"

#: Section of the settings of the service.
SERVICE = "service"

#: Forms of a value: one thing, a list of names, or a table of numbers by name.
Form = Literal["single", "list", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting.

    Attributes:
        name: Dotted name, for instance ``limits.max_pixels``.
        annotation: Its type with the bounds, without None.
        optional: Whether it may be None, that is, not set.
        default: Its default.
        description: Its line in the docstring of its class.
        secrecy: What of its value is never shown; None where all may be.
    """

    name: str
    annotation: Any
    optional: bool
    default: Any
    description: str
    secrecy: Secret | None = None

    @property
    def form(self) -> Form:
        """Whether it holds one thing, a list or a table."""
        kind = get_origin(self.annotation)
        return "list" if kind is tuple else "table" if kind is dict else "single"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        # No name is used twice, so what is set most often in the environment has short names.
        name = self.name.removeprefix(f"{SERVICE}.")
        return PREFIX + name.upper().replace(".", NESTING)

    @property
    def requirement(self) -> str:
        """What a value must be, in words, bounds included."""
        words = type_words(self.annotation)
        return f"{words}, or none" if self.optional else words

    def entry(self, name: str) -> Key:
        """The setting of one entry of a table, for instance ``rule_weights.shadow``."""
        return dataclasses.replace(
            self,
            name=f"{self.name}.{name}",
            annotation=get_args(self.annotation)[1],
            optional=False,
        )


@cache
def all_keys() -> Mapping[str, Key]:
    """Every setting by its dotted name, in the order of the classes."""
    keys = [*_walk(Settings, ""), *_walk(ServiceSettings, f"{SERVICE}.")]
    return types.MappingProxyType({key.name: key for key in keys})


@cache
def names_by_variable() -> Mapping[str, str]:
    """The dotted name that each environment variable sets."""
    return types.MappingProxyType({key.variable: key.name for key in all_keys().values()})


@cache
def sections() -> frozenset[str]:
    """Names under which settings are nested, for instance ``limits``."""
    return frozenset(name.rpartition(".")[0] for name in all_keys() if "." in name)


def find(name: str) -> Key | None:
    """The setting of that name, an entry of a table included; None if there is none."""
    key = all_keys().get(name)
    if key is not None:
        return key
    parent, dot, entry = name.partition(".")
    table = all_keys().get(parent)
    return table.entry(entry) if table is not None and table.form == "table" and dot else None


def suggestion(name: str) -> str | None:
    """The known name nearest to an unknown one; None if none is near."""
    names = list(all_keys())
    lowered = name.lower()
    near = difflib.get_close_matches(lowered, names, n=1)
    if near:
        return near[0]
    # A nested setting written without its section, or under a wrong one.
    last_parts = {known.rpartition(".")[2]: known for known in names}
    near = difflib.get_close_matches(lowered.rpartition(".")[2], last_parts, n=1)
    return last_parts[near[0]] if near else None


def apply(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Replace settings by dotted name.

    Args:
        settings: Where to start from.
        values: Dotted name -> validated value; what is the service's is left alone.

    Returns:
        The settings with these values.

    Raises:
        ConfigError: ``config_invalid_value`` if values do not fit together.
    """
    changed: Settings = _apply(settings, values, "")
    return changed


def apply_service(values: Mapping[str, object]) -> ServiceSettings:
    """Set what is the service's; see `apply`."""
    changed: ServiceSettings = _apply(ServiceSettings(), values, f"{SERVICE}.")
    return changed


def flat(settings: Settings, service: ServiceSettings | None = None) -> dict[str, Any]:
    """Every value by its dotted name, in the order of `all_keys`.

    Args:
        settings: Those of the analysis.
        service: Those of the service; None leaves them out.
    """
    values = {}
    for name in all_keys():
        first, *rest = name.split(".")
        if first == SERVICE and service is None:
            continue
        value: Any = service if first == SERVICE else getattr(settings, first)
        for part in rest:
            value = getattr(value, part)
        values[name] = value
    return values


def type_words(annotation: Any) -> str:  # noqa: ANN401 - any type expression
    """Say what a type with bounds takes: "a whole number from 64 to 4096"."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0]) + _bounds_words(arguments[1:])
    if origin is Literal:
        return "one of " + ", ".join(repr(choice) for choice in arguments)
    if origin is tuple:
        return "a list of names"
    if origin is dict:
        entry = type_words(arguments[1])
        return f"a table of names, each with {entry}"
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return words.get(annotation, str(annotation))


def _bounds_words(constraints: tuple[Any, ...]) -> str:
    low = next((f"{c.ge:,}" for c in constraints if isinstance(c, Ge)), None)
    high = next((f"{c.le:,}" for c in constraints if isinstance(c, Le)), None)
    if any(isinstance(c, Gt | Lt) for c in constraints):
        raise TypeError(f"bounds of settings are closed, write Ge or Le instead of {constraints}")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


def _walk(owner: type, prefix: str) -> list[Key]:
    hints = get_type_hints(owner, include_extras=True)
    texts = _attribute_texts(owner)
    keys: list[Key] = []
    for field in dataclasses.fields(owner):
        annotation = hints[field.name]
        name = prefix + field.name
        if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
            keys += _walk(annotation, f"{name}.")
            continue
        # A secret may be marked as a whole, none included, or without that.
        bare, outer = _without_secrecy(annotation)
        bare, optional = _without_none(bare)
        bare, inner = _without_secrecy(bare)
        keys.append(
            Key(
                name=name,
                annotation=bare,
                optional=optional,
                default=field.default,
                description=texts.get(field.name, ""),
                secrecy=outer or inner,
            )
        )
    return keys


def _without_none(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any type expression
    if get_origin(annotation) not in {Union, types.UnionType}:
        return annotation, False
    (bare,) = (part for part in get_args(annotation) if part is not types.NoneType)
    return bare, True


def _without_secrecy(annotation: Any) -> tuple[Any, Secret | None]:  # noqa: ANN401 - any type expression
    if get_origin(annotation) is Annotated:
        bare, *marks = get_args(annotation)
        if len(marks) == 1 and isinstance(marks[0], Secret):
            return bare, marks[0]
    return annotation, None


def _attribute_texts(owner: type) -> dict[str, str]:
    """Read the section "Attributes" of a Google-style docstring."""
    section = re.search(
        r"^Attributes:\n(.*?)(?=^\S|\Z)", inspect.getdoc(owner) or "", re.MULTILINE | re.DOTALL
    )
    if section is None:
        return {}
    pieces = re.findall(r"^ {4}(\w+): (.*?)(?=^ {4}\w+: |\Z)", section[1], re.MULTILINE | re.DOTALL)
    return {name: " ".join(text.split()) for name, text in pieces}


def _apply(owner: Any, values: Mapping[str, object], prefix: str) -> Any:  # noqa: ANN401 - any dataclass
    changes: dict[str, object] = {}
    for field in dataclasses.fields(owner):
        name = prefix + field.name
        current = getattr(owner, field.name)
        if dataclasses.is_dataclass(current):
            nested = _apply(current, values, f"{name}.")
            if nested is not current:
                changes[field.name] = nested
        elif name in values:
            changes[field.name] = values[name]
    return dataclasses.replace(owner, **changes) if changes else owner
