"""Settings written out: as TOML that can be read back, as JSON, as rows of a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from studio_detector.config.keys import all_keys, flat
from studio_detector.config.origin import DEFAULT
from studio_detector.config.redact import redacted

if TYPE_CHECKING:
    from studio_detector.config.load import ResolvedSettings


def as_rows(
    resolved: ResolvedSettings, *, origin: bool, secrets: bool = False
) -> list[tuple[str, ...]]:
    """One row for each setting: name, value, and where it comes from if asked."""
    rows: list[tuple[str, ...]] = []
    for name, value in _values(resolved, secrets=secrets).items():
        row = (name, value_text(value) if value is not None else "none")
        rows.append((*row, _origin_words(resolved, name)) if origin else row)
    return rows


def as_json(resolved: ResolvedSettings, *, origin: bool, secrets: bool = False) -> str:
    """One JSON object: nested as in files, or dotted name -> value and origin if asked."""
    values = _values(resolved, secrets=secrets)
    if origin:
        data: dict[str, Any] = {
            name: {"value": value, "origin": _origin_words(resolved, name)}
            for name, value in values.items()
        }
    else:
        data = {}
        for name, value in values.items():
            table, _, key = name.rpartition(".")
            (data.setdefault(table, {}) if table else data)[key] = value
    return json.dumps(data, indent=2) + "\n"


def as_toml(resolved: ResolvedSettings, *, origin: bool, secrets: bool = False) -> str:
    """A configuration file with every setting; those without a value are comments."""
    top: list[str] = []
    tables: dict[str, list[str]] = {}
    for name, value in _values(resolved, secrets=secrets).items():
        table, _, key = name.rpartition(".")
        line = f"# {key} is not set" if value is None else f"{key} = {value_text(value)}"
        if origin:
            line += f"  # {_comment(_origin_words(resolved, name))}"
        (tables.setdefault(table, []) if table else top).append(line)
    blocks = [top, *([f"[{table}]", *lines] for table, lines in tables.items())]
    return "\n".join("".join(line + "\n" for line in block) for block in blocks)


def _values(resolved: ResolvedSettings, *, secrets: bool) -> dict[str, Any]:
    values = flat(resolved.settings, resolved.service)
    return values if secrets else {name: redacted(name, value) for name, value in values.items()}


def _origin_words(resolved: ResolvedSettings, name: str) -> str:
    origin = resolved.origins.get(name, DEFAULT)
    entries = [
        f"{entry.rpartition('.')[2]}: {place}"
        for entry, place in resolved.origins.items()
        if entry.startswith(f"{name}.") and entry not in all_keys()
    ]
    return "; ".join([*([] if entries and origin is DEFAULT else [str(origin)]), *entries])


def value_text(value: object) -> str:
    """Write a value as TOML does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _toml_text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_text(k)} = {value_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(value_text, value)) + "]"
    return repr(value)


def _toml_text(text: str) -> str:
    # The escapes of JSON are escapes of TOML, as long as characters beyond ASCII stay as
    # they are; TOML also wants DEL escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")
