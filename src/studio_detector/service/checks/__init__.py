"""Whether an installation could serve: every part is tried, and nothing is left behind."""

from __future__ import annotations
