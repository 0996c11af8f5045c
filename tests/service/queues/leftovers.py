"""What tests leave in brokers is removed."""

from __future__ import annotations

import contextlib

import pika
import redis

from studio_detector.service.queues.pools import QUEUES


def remove_queues(server, namespace):
    """Remove the queues of a namespace.

    Args:
        server: Address of a Redis or a RabbitMQ.
        namespace: Of the service that made them.
    """
    if server.startswith("redis"):
        with redis.Redis.from_url(server) as client:
            for key in client.scan_iter(f"{namespace}:*"):
                client.delete(key)
        return
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(server))) as link:
        channel = link.channel()
        for queue in QUEUES:
            channel.queue_delete(f"{namespace}.{queue}")
