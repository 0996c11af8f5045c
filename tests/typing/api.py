"""Types as API."""

from __future__ import annotations
