"""The overview of a batch: one HTML page for people."""

from __future__ import annotations
