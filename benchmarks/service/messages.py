"""What a message costs on each broker: sending, handling, waiting when idle, and idling itself.

    python -m benchmarks.service.messages [--redis URL] [--amqp URL] [--messages N]

Servers are those of the tests (on their standard ports); one that is away is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
import threading
import time
from statistics import median

import pika

from studio_detector.service.queues.open import make_broker
from studio_detector.service.queues.pools import QUEUES
from studio_detector.service.settings import ServiceSettings

_POOLS = {
    ("high", "standard"): 3,
    ("detail",): 1,
    ("webhook",): 8,
    ("maintenance",): 1,
}
_IDLE_S = 10.0
_SETTLE_S = 1.0
_LATENCIES = 100


def main() -> None:
    """Measure and print one line for each broker."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/0")
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672")
    parser.add_argument("--messages", type=int, default=5000)
    arguments = parser.parse_args()
    print("broker     send µs  handle µs  idle wait ms p50 / p95  idle CPU %")
    for name, url in (
        ("embedded", "embedded://"),
        ("redis", arguments.redis),
        ("rabbitmq", arguments.amqp),
    ):
        measure(name, url, arguments.messages)


def measure(name: str, url: str, messages: int) -> None:
    """Measure one broker and print its line."""
    settings = ServiceSettings(
        broker_url=url,
        database_url=None if name == "embedded" else "sqlite://",
        namespace=f"bench-{secrets.token_hex(4)}",
    )
    broker = make_broker(settings)
    if not broker.ping():
        print(f"{name:10} is not there")
        return
    begin = time.perf_counter()
    for i in range(messages):
        broker.send("standard", str(i))
    send_us = (time.perf_counter() - begin) / messages * 1e6

    times: list[float] = []
    arrived = threading.Event()
    expected = messages

    def handle(_queue: str, _name: str) -> None:
        times.append(time.perf_counter())
        if len(times) >= expected:
            arrived.set()

    broker.consume(_POOLS, handle)
    arrived.wait()
    handle_us = (times[-1] - times[0]) / (messages - 1) * 1e6
    waits = []
    for _ in range(_LATENCIES):
        time.sleep(0.05)
        arrived.clear()
        expected = len(times) + 1
        begin = time.perf_counter()
        broker.send("high", "now")
        arrived.wait()
        waits.append((times[-1] - begin) * 1e3)
    time.sleep(_SETTLE_S)
    begin_cpu = time.process_time()
    time.sleep(_IDLE_S)
    idle = (time.process_time() - begin_cpu) / _IDLE_S * 100
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    wait = f"{median(waits):15.2f} / {p95:4.2f}"
    print(f"{name:10} {send_us:7.0f} {handle_us:10.0f} {wait} {idle:15.2f}")
    broker.close()
    if name == "rabbitmq":
        _delete_queues(url, settings.namespace)


def _delete_queues(url: str, namespace: str) -> None:
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(url))) as link:
        channel = link.channel()
        for queue in QUEUES:
            channel.queue_delete(f"{namespace}.{queue}")


if __name__ == "__main__":
    main()
