"""Throws made-up bytes at everything that reads bytes, texts or addresses from strangers.

A target is one reader with the property it must keep; see `tools.fuzz.target`.
"""

from __future__ import annotations
