"""Example plugin of studio-detector."""

from __future__ import annotations
