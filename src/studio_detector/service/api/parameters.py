"""Parameters that routes read by hand, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from studio_detector.service.api.requested import Options, WishFields

_Described = dict[str, Any]

WAIT: _Described = {
    "name": "wait",
    "in": "query",
    "required": False,
    "description": "Seconds to wait for the end of the job; more than `max_wait_s` of the "
    "service is taken as that.",
    "schema": {"type": "number", "minimum": 0},
    "example": 10,
}
PREFER: _Described = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`wait=SECONDS`, like the parameter `wait` (RFC 7240).",
    "schema": {"type": "string"},
    "example": "wait=10",
}
IF_NONE_MATCH: _Described = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what the caller has.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY: _Described = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The sender's name for this request: sent again, it gives the same job.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "7d3c6f0e-shoot-17",
}


def _wish(name: str, **more: object) -> _Described:
    described = WishFields.model_fields[name]
    schema = WishFields.model_json_schema()["properties"][name]
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": described.description or "",
        "schema": {key: value for key, value in schema.items() if key != "description"},
        **more,
    }


def _options_text() -> _Described:
    return {
        "name": "options",
        "in": "query",
        "required": False,
        "description": "JSON text; see `Options`.",
        "content": {"application/json": {"schema": Options.model_json_schema()}},
    }


#: The wishes of an upload.
WISHES: tuple[_Described, ...] = (
    _wish("priority"),
    _wish("phases"),
    _wish("variant"),
    _wish("callback_url"),
    _wish("subject"),
    _options_text(),
)


def form_schema(file: str) -> _Described:
    """The form of an upload.

    Args:
        file: What the file is.
    """
    fields = {
        parameter["name"]: {
            "description": parameter["description"],
            **parameter.get("schema", {"type": "string", "contentMediaType": "application/json"}),
        }
        for parameter in WISHES
    }
    return {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {"type": "string", "format": "binary", "description": file},
            **fields,
        },
    }
