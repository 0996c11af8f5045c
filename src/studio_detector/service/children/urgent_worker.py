"""The child that is kept for urgent pictures: `worker`, but it stands back for nobody.

Where every core is at work on other pictures, the system gives it the larger share of one.
"""

from __future__ import annotations

from studio_detector.batch.serving import serve
from studio_detector.service.children.worker import ServiceWorker


def main() -> None:
    """Serve until the parent is gone."""
    serve(ServiceWorker)
