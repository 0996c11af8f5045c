"""Statuses of our own, beside those of HTTP."""

from __future__ import annotations

#: Of a request that was not answered, since its caller hung up.
HUNG_UP = 499
