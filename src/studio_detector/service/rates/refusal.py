"""What is said to who asked for too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.errors import AccessError

if TYPE_CHECKING:
    from studio_detector.service.rates.base import Kind, Verdict

_UNITS = {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}
_WHAT: dict[Kind, str] = {
    "key": "requests with this key",
    "tenant": "requests of this tenant",
    "address": "requests from this address",
    "global": "requests of all callers together",
    "failed": "requests from this address with keys or tokens that are not accepted",
    "megapixels": "megapixels of this tenant's pictures",
}


def refusal(verdict: Verdict) -> AccessError:
    """The error for a verdict that refuses.

    Args:
        verdict: Which limit, and until when.
    """
    return AccessError(
        f"{verdict.limit} {_WHAT[verdict.kind]} are taken a {_UNITS[verdict.window_s]} "
        f"(rate_{verdict.kind}); try again later",
        code="rate_limited",
        retry_after_s=verdict.reset_s,
    )
