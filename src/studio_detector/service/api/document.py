"""The OpenAPI document: FastAPI's, with our problems instead of its own, and tidied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from studio_detector.service.api import requested, schemas
from studio_detector.service.api.scopes import SCOPES_OF_ROUTES

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import APIRoute

# Read by hand, so that nothing else names them.
_BODIES = (
    requested.AnalyseRequest,
    requested.BatchRequest,
    requested.FeedbackRequest,
    requested.ExportRequest,
    schemas.Problem,
)
_SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key, `sk_...`, or a token (JWT) of the identity provider. Nobody is "
        "asked where the service listens on its own machine alone, unless it is told to.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "Instead of a key that is sent: a signature with it over the request and "
        "`Content-Digest`, described by `Signature-Input` (RFC 9421).",
    },
}
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")
_REFERENCE = "#/components/schemas/{model}"


def operation_id(route: APIRoute) -> str:
    """The name of an operation, from which clients that are generated name their methods.

    Args:
        route: Its route, which has one tag.
    """
    return f"{route.tags[0]}_{route.name}"


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The document of an app.

    Args:
        app: With all its routes.
    """
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    known: dict[str, Any] = document["components"]["schemas"]
    for kind in _BODIES:
        schema = kind.model_json_schema(ref_template=_REFERENCE)
        known.update(schema.pop("$defs", {}))
        known[kind.__name__] = schema
    for name in _OF_FASTAPI:
        known.pop(name, None)
    document["components"]["securitySchemes"] = _SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            scope = SCOPES_OF_ROUTES.get((method.upper(), path))
            if scope is not None:
                operation["security"] = [{name: [scope.value]} for name in _SCHEMES]
            for parameter in operation.get("parameters", ()):
                _without_null(parameter)
    tidied: dict[str, Any] = _tidy(document)
    return tidied


def _without_null(parameter: dict[str, Any]) -> None:
    # What stands in an address is there or not; there is no null in it.
    schema = parameter.get("schema", {})
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    elif kinds:
        schema["anyOf"] = kinds
    if schema.get("default", ...) is None:
        del schema["default"]
    schema.pop("description", None)


def _tidy(part: Any) -> Any:  # noqa: ANN401 - JSON
    """Without titles that repeat the name of what they stand at."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _tidy(value)
        for key, value in part.items()
        if key != "title" or not isinstance(value, str) or "paths" in part or "version" in part
    }
