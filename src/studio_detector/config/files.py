"""Settings from a TOML or YAML file, each with the line it stands on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.config.keys import sections
from studio_detector.config.origin import Assignment, Origin
from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.reporting.hidden import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Suffixes that are read.
TOML_SUFFIXES = (".toml",)
YAML_SUFFIXES = (".yaml", ".yml")

# As Python quotes a text of two characters or more, but for names of tokens: '<scalar>'.
_QUOTED = re.compile(r"('<[a-z ]+>')|'(?:\\.|[^'\\]){2,}'" r'|"(?:\\.|[^"\\]){2,}"')

# Settings are a page of text; a larger file is a mistake.
_LARGEST_BYTES = 256 * 1024
# Lines are found by parsing every beginning of the file, which is quadratic.
_LARGEST_LINES_LOCATED = 500


def file_assignments(path: str, *, named_by: str) -> list[Assignment]:
    """Read the settings of one file.

    Args:
        path: A file that ends in ``.toml``, ``.yaml`` or ``.yml``.
        named_by: The option or variable that names the file, for messages.

    Returns:
        What the file sets, in its order.

    Raises:
        ConfigError: ``config_unreadable`` if it cannot be read or parsed.
        MissingExtraError: If it is YAML and the extra ``yaml`` is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in TOML_SUFFIXES + YAML_SUFFIXES:
        raise _unreadable(
            path, named_by, f"its name ends in {suffix!r}; write TOML into a file ending in .toml"
        )
    text = _read(path, named_by)
    if suffix in TOML_SUFFIXES:
        data, lines = _parse_toml(text, path, named_by)
    else:
        data, lines = _parse_yaml(text, path, named_by)
    return [
        Assignment(
            name=name,
            value=value,
            origin=Origin("file", f"{path}:{lines[name]}" if name in lines else path),
        )
        for name, value in _flat(data)
    ]


def _read(path: str, named_by: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, named_by, f"{reason}; check the path") from error
    if len(data) > _LARGEST_BYTES:
        raise _unreadable(path, named_by, f"it is larger than {_LARGEST_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, named_by, f"it is not UTF-8 text ({error})") from error


def _parse_toml(text: str, path: str, named_by: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, named_by, f"it is no valid TOML: {error}") from error
    return data, _toml_lines(text)


def _toml_lines(text: str) -> dict[str, int]:
    """Find the line of each setting.

    tomllib keeps no positions, but a beginning of the file parses exactly where a statement
    has ended. The statement that brought a name therefore starts after the longest beginning
    that parses without it.
    """
    lines = text.splitlines(keepends=True)
    if len(lines) > _LARGEST_LINES_LOCATED:
        return {}
    found: dict[str, int] = {}
    start = 1
    for count in range(1, len(lines) + 1):
        try:
            names = [name for name, _ in _flat(tomllib.loads("".join(lines[:count])))]
        except (ValueError, RecursionError):
            continue
        for name in names:
            found.setdefault(name, start)
        start = count + 1
    return found


def _parse_yaml(text: str, path: str, named_by: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        import yaml  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise MissingExtraError.for_package(
            "pyyaml", "yaml", f"the configuration file {path!r}"
        ) from error
    try:
        data = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    # Constructors of dates and numbers raise plain ValueErrors.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(path, named_by, f"it is no valid YAML{_yaml_problem(error)}") from None
    if data is None:
        return {}, {}
    if not isinstance(data, dict):
        raise _unreadable(path, named_by, f"it holds a {type(data).__name__}, not settings by name")
    found: dict[str, int] = {}
    for name, line in _yaml_lines(root, ""):
        if name in found:
            raise _unreadable(
                path, named_by, f"it sets {name!r} twice, on lines {found[name]} and {line}"
            )
        found[name] = line
    return data, found


def _yaml_problem(error: Exception) -> str:
    """What is wrong and where, without what stands there, which may hold a secret."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem:
        # Aliases, tags and anchors are quoted: "*word" as a password is taken for an alias.
        problem = _QUOTED.sub(lambda found: found[1] or HIDDEN, problem)
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return f": {problem}{place}" if problem else f": {type(error).__name__}"


def _yaml_lines(node: Any, prefix: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401 - a yaml node
    import yaml  # noqa: PLC0415 - an optional dependency

    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        name = f"{prefix}{key.value}"
        yield name, key.start_mark.line + 1
        # No deeper than settings go: aliases could unfold without end.
        if not prefix:
            yield from _yaml_lines(value, f"{name}.")


def _flat(data: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted names and values, one level of tables deep."""
    for key, value in data.items():
        if isinstance(value, dict) and (value or key in sections()):
            for inner, inner_value in value.items():
                yield f"{key}.{inner}", inner_value
        else:
            yield str(key), value


def _unreadable(path: str, named_by: str, reason: str) -> ConfigError:
    return ConfigError(
        f"the configuration file {path!r} (from {named_by}) cannot be used: {reason}",
        code="config_unreadable",
    )
