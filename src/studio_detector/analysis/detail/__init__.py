"""Phase 3: detail, measured when the lighting leaves doubt."""

from __future__ import annotations
