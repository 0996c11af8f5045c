"""Overlays: pictures of what the analyses saw, drawn from the planes they measured."""

from __future__ import annotations

from studio_detector.reporting.overlays.draw import OVERLAYS, OverlayKind, draw, draw_all
from studio_detector.reporting.overlays.encode import jpeg_bytes, png_bytes
from studio_detector.reporting.overlays.occlusion import head_logit
from studio_detector.reporting.overlays.overlay import Overlay
from studio_detector.reporting.overlays.plane_pictures import planes_as_pictures

__all__ = [
    "OVERLAYS",
    "Overlay",
    "OverlayKind",
    "draw",
    "draw_all",
    "head_logit",
    "jpeg_bytes",
    "planes_as_pictures",
    "png_bytes",
]
