"""Reading what is to be analysed out of a request, whatever form it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError

from studio_detector.errors import RequestError
from studio_detector.service.api.wishes import NAMES

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = "application/json"
MULTIPART = "multipart/form-data"
OCTETS = "application/octet-stream"


def query_fields(request: Request, *others: str) -> dict[str, list[str]]:
    """The wishes among the query parameters.

    Args:
        request: The request.
        others: Parameters that are no wishes.

    Raises:
        RequestValidationError: There is one that is not known.
    """
    fields: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name in others:
            continue
        if name not in NAMES:
            known = ", ".join((*NAMES, *others))
            raise RequestValidationError(
                [{"loc": ("query", name), "msg": f"there is no such parameter; known: {known}"}]
            )
        fields.setdefault(name, []).append(value)
    return fields


def unsupported(kind: str, expected: str) -> RequestError:
    """The error for a body of another kind.

    Args:
        kind: What the body is said to be.
        expected: What would be taken.
    """
    found = f"the body is {kind[:100]!r}" if kind else "the body has no Content-Type"
    return RequestError(f"{found}; send {expected}", code="body_unsupported")
