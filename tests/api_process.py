"""Serves the app of `api_service` until a signal comes: ``api_process.py FOLDER [SETTING=N]...``.

Prints the address when it is ready. Its exit status is that of `serve`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import api_service
from studio_detector.service.api.server import serve
from studio_detector.service.queues.worker import Worker


def _say(address):
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


def main(folder, *settings):
    """Serve with a worker."""
    chosen = {name: float(value) for name, _, value in (s.partition("=") for s in settings)}
    parts = api_service.make_parts(Path(folder), **chosen)
    worker = Worker(parts)
    worker.start()
    try:
        return serve(parts, "127.0.0.1", 0, on_ready=_say)
    finally:
        worker.stop(parts.draining.left_s())
        parts.store.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
