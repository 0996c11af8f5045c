"""The headers that tell how much may still be asked (draft-ietf-httpapi-ratelimit-headers-10)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_detector.service.rates.base import Verdict

#: Their names, for pages of other origins that may read them.
NAMES = ("RateLimit", "RateLimit-Policy")


def rate_fields(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """The headers of an answer.

    Args:
        verdict: On its request.
    """
    reset_s = math.ceil(verdict.reset_s)
    left = f'"{verdict.kind}";r={verdict.remaining};t={reset_s}'
    policy = f'"{verdict.kind}";q={verdict.limit};w={verdict.window_s}'
    return [(b"ratelimit", left.encode()), (b"ratelimit-policy", policy.encode())]
