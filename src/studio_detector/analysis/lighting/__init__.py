"""Phase 1: lighting, measured on every picture."""

from __future__ import annotations
