"""A process that takes one message, says so and never ends: run it and kill it."""

from __future__ import annotations

import sys
import threading

from studio_detector.service.queues.open import make_broker
from studio_detector.service.settings import ServiceSettings


def main(url, namespace, lease_s):
    settings = ServiceSettings(
        broker_url=url, database_url="sqlite://", namespace=namespace, lease_s=float(lease_s)
    )

    def handle(queue, name):
        print(name, flush=True)  # noqa: T201 - the parent reads it
        threading.Event().wait()

    make_broker(settings).consume({("standard",): 1}, handle)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
