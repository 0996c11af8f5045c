"""How long a caller would wait for a job, and other small wishes in headers and queries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError

if TYPE_CHECKING:
    from starlette.requests import Request

_MOST_KEY = 255


def wait_of(request: Request, most_s: float) -> float | None:
    """The seconds a caller would wait, by ``?wait=`` or by the header Prefer (RFC 7240).

    Args:
        request: The request.
        most_s: Longest wait; more is taken as this.

    Returns:
        Seconds; None if nothing was said.

    Raises:
        RequestValidationError: ``?wait=`` is not a number from 0.
    """
    asked = request.query_params.get("wait")
    if asked is not None:
        seconds = _seconds(asked)
        if seconds is None:
            raise RequestValidationError(
                [{"loc": ("query", "wait"), "msg": "a number of seconds from 0 is expected"}]
            )
        return min(seconds, most_s)
    preferred = preferred_wait(request)
    return None if preferred is None else min(preferred, most_s)


def preferred_wait(request: Request) -> float | None:
    """The seconds of ``Prefer: wait=``; None without, or if it cannot be read."""
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            if name.strip().lower() == "wait":
                return _seconds(value.strip().strip('"'))
    return None


def applied(request: Request, wait_s: float | None) -> dict[str, str]:
    """The headers that tell which preference was followed.

    Args:
        request: The request.
        wait_s: How long it was ready to wait.
    """
    if wait_s is None or preferred_wait(request) is None or "wait" in request.query_params:
        return {}
    return {"Preference-Applied": f"wait={wait_s:g}"}


def idempotency_key(request: Request) -> str | None:
    """The sender's name for a request that may come twice; None without.

    Raises:
        RequestValidationError: It is empty, too long or not printable ASCII.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= _MOST_KEY or not key.isascii() or not key.isprintable():
        raise RequestValidationError(
            [
                {
                    "loc": ("header", "Idempotency-Key"),
                    "msg": f"1 to {_MOST_KEY} printable ASCII characters are expected",
                }
            ]
        )
    return key


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
