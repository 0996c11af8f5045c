"""Planes: what is derived from a picture once and shared by all analyses, read-only."""

from __future__ import annotations

from studio_detector.planes.planes import Planes

__all__ = ["Planes"]
