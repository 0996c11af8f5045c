"""From measurements to evidence, confidence and label."""

from __future__ import annotations
