"""The tables of docs/service/api.md, from the OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio_detector.reporting import grid

_DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "service" / "openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")


def endpoints_table() -> str:
    """Every address: method, what it does, what it asks for, its parameters, its answers."""
    document = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    rows = [
        (
            f"`{method.upper()} {path}`",
            operation["summary"],
            _scope(operation),
            ", ".join(
                f"`{parameter['name']}`"
                for parameter in operation.get("parameters", ())
                if parameter["in"] != "path"
            ),
            ", ".join(status for status in operation["responses"] if int(status) < 400),
        )
        for path, operations in document["paths"].items()
        for method, operation in sorted(
            operations.items(), key=lambda item: _METHODS.index(item[0])
        )
    ]
    return grid.markdown(("request", "what it does", "asks for", "parameters", "answers"), rows)


def _scope(operation: dict[str, Any]) -> str:
    ways = operation.get("security")
    return f"`{next(iter(ways[0].values()))[0]}`" if ways else ""
