"""Measuring light: one module an idea, each a specification and a pure function."""

from __future__ import annotations
