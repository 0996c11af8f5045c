"""A worker in a process of its own, which a test may kill."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

from service_workers import open_parts
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.queues.worker import run_worker


def main(folder, options):
    settings = json.loads(options)
    pause_s = settings.pop("pause_s")
    parts = open_parts(Path(folder), **settings)
    parts.children.pause_s = pause_s
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    run_worker(parts, QUEUES, stop)
    parts.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
