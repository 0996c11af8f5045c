"""A worker in a process of its own, which a test may kill."""

from __future__ import annotations

import os
import signal
import threading

from service_workers import open_parts
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.queues.worker import run_worker


def main(folder, settings, pause_s, ready):
    """Work until SIGTERM; tells when it begins to."""
    # Of workers that lose their servers on purpose, which say so.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    parts = open_parts(folder, **settings)
    parts.children.pause_s = pause_s
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ready.send("ready")
    run_worker(parts, QUEUES, stop)
    parts.close()
