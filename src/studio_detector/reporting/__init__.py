"""Reports for people: words, text and tables, built as pure strings."""

from __future__ import annotations
