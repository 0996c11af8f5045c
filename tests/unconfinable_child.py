"""A child of the service on a system that cannot confine it."""

from __future__ import annotations

from studio_detector.imaging import landlock
from studio_detector.service.children import worker


def main():
    """Serve as a child of the service does."""
    landlock.abi = lambda: 0
    worker.main()
