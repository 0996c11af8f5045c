"""Settings, error codes, and the addresses and answers of the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.config.keys import all_keys
from studio_detector.errors import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "service" / "openapi.json"


def setting_lines() -> Iterator[tuple[str, str]]:
    """Every setting with what it may be; its variable follows from its name."""
    for key in all_keys().values():
        yield key.name, key.requirement


def code_lines() -> Iterator[tuple[str, str]]:
    """Every error code with its HTTP status and exit status."""
    for code, info in CODES.items():
        yield code, f"HTTP {info.http_status}, exit {info.exit_code}"


def http_lines() -> Iterator[tuple[str, str]]:
    """Every operation with its parameters and statuses, and every field of what is sent."""
    document = json.loads(OPENAPI.read_text(encoding="utf-8"))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = ", ".join(_parameter(one) for one in operation.get("parameters", ()))
            answers = " ".join(
                f"{status}{_answer(answer)}" for status, answer in operation["responses"].items()
            )
            asks = f", asks for {_scope(operation)}" if operation.get("security") else ""
            yield f"{method.upper()} {path}", f"({parameters}{_body(operation)}){asks} -> {answers}"
    for name, schema in document["components"]["schemas"].items():
        required = schema.get("required", ())
        for field, found in schema.get("properties", {}).items():
            yield f"{name}.{field}", f"{_kind(found)}{'' if field in required else ', may lack'}"
        if "enum" in schema:
            yield name, "|".join(str(value) for value in schema["enum"])


def _parameter(parameter: dict[str, Any]) -> str:
    needed = "" if parameter.get("required") else "?"
    # One that is written as JSON has its schema under the kind of its content.
    contents = parameter.get("content", {}).values()
    schema = parameter.get("schema") or next((one["schema"] for one in contents), {})
    return f"{parameter['in']} {parameter['name']}{needed}: {_kind(schema)}"


def _body(operation: dict[str, Any]) -> str:
    contents = operation.get("requestBody", {}).get("content", {})
    kinds = [f"{kind}{_form(content.get('schema', {}))}" for kind, content in contents.items()]
    return f" body {' '.join(kinds)}" if kinds else ""


def _form(schema: dict[str, Any]) -> str:
    """What a body consists of: a schema by its name, a form by its fields; bytes are bytes."""
    if "$ref" in schema:
        return f" {_kind(schema)}"
    required = schema.get("required", ())
    fields = [
        f"{field}{'' if field in required else '?'}: {_kind(found)}"
        for field, found in sorted(schema.get("properties", {}).items())
    ]
    return f" [{', '.join(fields)}]" if fields else ""


def _answer(answer: dict[str, Any]) -> str:
    """The schemas of an answer that is not an error; errors are all of one form."""
    kinds = {
        _kind(content["schema"])
        for kind, content in answer.get("content", {}).items()
        if content.get("schema") and not kind.startswith("application/problem")
    }
    return f" {'/'.join(sorted(kinds))}" if kinds else ""


def _scope(operation: dict[str, Any]) -> str:
    return " ".join(next(iter(operation["security"][0].values())))


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_kind(one) for one in schema[several])
    if "enum" in schema:
        return "|".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = str(schema.get("type", "anything"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind
