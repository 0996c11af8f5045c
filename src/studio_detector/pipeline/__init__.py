"""The way of one photo: decode, measure, decide, report."""

from __future__ import annotations
