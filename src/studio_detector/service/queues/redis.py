"""Messages in Redis."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import redis
from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DecodeError
from redis.backoff import NoBackoff
from redis.retry import Retry

from studio_detector.errors import ConfigError
from studio_detector.service.queues.dramatiq_pool import DramatiqPool, message_of
from studio_detector.service.queues.wire import PATIENCE_S, ServerAwayError, most_held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import dramatiq

    from studio_detector.service.records import Queue

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

# Consumers wait inside Redis for up to half a second, so silence is longer than that.
_SILENCE_S = 5.0
# So many consumers can be woken by messages that came while all were busy; they look by
# themselves every `IDLE_MS` anyhow.
_MOST_WAKES = 16
# A worker says four times that it lives before it counts as dead.
_BEATS = 4
# What a trial that is broken off leaves behind is gone after so long.
_PROBE_S = 60


class RedisWire:
    """`Wire` through a Redis.

    Args:
        url: ``redis://...`` or ``rediss://...``.
        namespace: What its keys begin with.
        dead_after_s: Seconds without a sign of life after which the messages of a process go
            to another.

    Raises:
        ConfigError: ``config_invalid_value`` if the address is none of a Redis.
    """

    def __init__(self, url: str, *, namespace: str, dead_after_s: float) -> None:
        self._namespace = namespace
        self._dead_after_ms = max(1, round(dead_after_s * 1000))
        self._url = url
        self._client = _client(url, PATIENCE_S)
        self._sender = RedisBroker(  # type: ignore[no-untyped-call]
            client=self._client, namespace=namespace, middleware=[]
        )

    def name(self, queue: Queue) -> str:
        """What dramatiq calls a queue."""
        return queue

    def send(self, queue: Queue, name: str) -> None:
        """See `Wire.send`."""
        message = message_of(self.name(queue), queue, name)

        def enqueue() -> None:
            self._sender.enqueue(message)
            _wake(self._client, self._namespace, message.queue_name, 1)

        _reached(enqueue)

    def depth(self, queue: Queue) -> int:
        """See `Wire.depth`."""
        return _reached(lambda: int(self._client.llen(f"{self._namespace}:{self.name(queue)}")))

    def take_along(self, queue: Queue, most: int, takers: int) -> list[str]:  # noqa: ARG002
        """See `Wire.take_along`."""
        return []

    def give_back(self, queue: Queue, names: Sequence[str]) -> None:
        """See `Wire.give_back`; none were taken."""

    def probe(self) -> str:
        """See `Wire.probe`."""
        name = secrets.token_hex(16)
        key = f"{self._namespace}:probe:{name}"

        def there_and_back() -> str:
            with self._client.pipeline() as pipe:
                # An emptied list is gone.
                pipe.rpush(key, name)
                pipe.expire(key, _PROBE_S)
                pipe.lpop(key)
                *_, back = pipe.execute()
            if back != name.encode():
                raise redis.ResponseError
            return f"Redis {self._client.info('server')['redis_version']}"

        return _reached(there_and_back)

    def serve(
        self, queues: Sequence[Queue], threads: int, handle: Callable[[Queue, str], None]
    ) -> DramatiqPool:
        """See `Wire.serve`."""
        names = {queue: self.name(queue) for queue in queues}
        return DramatiqPool(self.pool(most_held(queues, threads)), names, threads, handle)

    def pool(self, limits: Mapping[Queue, int]) -> dramatiq.Broker:
        """Make the broker of one pool of threads.

        Args:
            limits: See `most_held`.
        """
        return _RedisPoolBroker(
            client=_client(self._url, _SILENCE_S),
            namespace=self._namespace,
            dead_after_ms=self._dead_after_ms,
            limits={self.name(queue): n for queue, n in limits.items()},
        )

    def close(self) -> None:
        """See `Wire.close`."""
        self._client.close()


class _RedisPoolBroker(RedisBroker):
    """Dramatiq's broker with a consumer that neither polls nor stalls.

    Args:
        client: Whom to ask.
        namespace: What keys begin with.
        dead_after_ms: See `RedisWire`.
        limits: Name of a queue -> most messages held at once.
    """

    def __init__(
        self, *, client: redis.Redis, namespace: str, dead_after_ms: int, limits: Mapping[str, int]
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            client=client, namespace=namespace, heartbeat_timeout=dead_after_ms, middleware=[]
        )
        # They outlive consumers, which dramatiq makes anew after an error.
        self._held = {queue: _Held(threading.Semaphore(limit)) for queue, limit in limits.items()}

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue without the one for delayed messages, which would be polled."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:  # noqa: ARG002 - the limit of the queue stands for dramatiq's number
        """Consume a queue within its limit."""
        return _RedisConsumer(self, queue_name, self._held[queue_name], timeout / 1000)

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    def _should_do_maintenance(self, command: str) -> int:
        # Dramatiq leaves it to chance, one command in a thousand: an idle queue would keep the
        # messages of a dead worker for a quarter of an hour.
        return int(command == "qsize")


@dataclass(slots=True)
class _Held:
    """What a pool holds of a queue.

    Attributes:
        places: One for each further message it may hold.
        unsaid: Ids of handled messages of which Redis could not be told yet.
    """

    places: threading.Semaphore
    unsaid: deque[str] = field(default_factory=deque)


class _RedisConsumer(Consumer):
    """Takes one message after the other, and sleeps in Redis when there is none.

    Dramatiq's own sleeps longer and longer, up to the idle time, when it finds nothing (a
    message then waits for half a second) and also when it holds enough (threads then idle).

    Args:
        broker: Whose.
        queue_name: What is consumed.
        held: What is held of it.
        idle_s: Longest sleep.
    """

    def __init__(
        self, broker: _RedisPoolBroker, queue_name: str, held: _Held, idle_s: float
    ) -> None:
        self._broker = broker
        self._queue = queue_name
        self._held = held
        self._idle_s = idle_s
        self._beat_every_s = broker.heartbeat_timeout / 1000 / _BEATS
        self._beat_at = 0.0

    def __next__(self) -> MessageProxy | None:
        self._beat()
        if not self._held.places.acquire(timeout=self._idle_s):
            return None
        message = None
        try:
            message = _reached(self._taken)
        finally:
            if message is None:
                self._held.places.release()
        return message

    def ack(self, message: MessageProxy) -> None:
        """Tell that a message was handled; at the next chance, if Redis is away now."""
        self._held.unsaid.append(message.options["redis_message_id"])
        self._held.places.release()
        try:
            self._tell()
        except redis.RedisError:
            _log.info("Redis is away; that a message was handled is told later")

    def nack(self, message: MessageProxy) -> None:
        """See `ack`: a message that cannot be handled is not kept either."""
        self.ack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Put back what was taken and not begun."""
        ids = [message.options["redis_message_id"] for message in messages]
        if not ids:
            return
        self._held.places.release(len(ids))
        _reached(lambda: self._broker.do_requeue(self._queue, *ids))
        _reached(lambda: _wake(self._broker.client, self._broker.namespace, self._queue, len(ids)))

    def _taken(self) -> MessageProxy | None:
        self._tell()
        found = self._broker.do_fetch(self._queue, 1)
        if not found:
            key = _wake_key(self._broker.namespace, self._queue)
            if self._broker.client.blpop([key], timeout=self._idle_s) is None:
                return None
            found = self._broker.do_fetch(self._queue, 1)
        if not found or found[0] is None:
            return None
        try:
            return MessageProxy(Message.decode(found[0]))
        except DecodeError:
            _log.exception("a message in %s is none of ours; it is left out", self._queue)
            return None

    def _tell(self) -> None:
        """Tell Redis of messages that were handled."""
        unsaid = self._held.unsaid
        while unsaid:
            try:
                message_id = unsaid.popleft()
            except IndexError:  # another thread told it
                return
            try:
                self._broker.do_ack(self._queue, message_id)
            except redis.RedisError:
                unsaid.append(message_id)
                raise

    def _beat(self) -> None:
        """Say that this process lives, and take over from those that do not.

        Every command says it, but a pool that is busy for long gives none.
        """
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + self._beat_every_s
            _reached(lambda: self._broker.do_qsize(self._queue))


def _client(url: str, timeout_s: float) -> redis.Redis:
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=PATIENCE_S,
            # Connections that a restart of the server broke fail once each, at no cost in time;
            # what takes too long is not tried again.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
    except ValueError as error:
        raise ConfigError(
            "broker_url is no address of a Redis; write it as redis://host:6379/0",
            code="config_invalid_value",
        ) from error


def _wake_key(namespace: str, queue: str) -> str:
    return f"{namespace}:{queue}.wake"


def _wake(client: redis.Redis, namespace: str, queue: str, consumers: int) -> None:
    """Wake consumers that sleep, or let as many not fall asleep."""
    key = _wake_key(namespace, queue)
    with client.pipeline(transaction=False) as pipe:
        pipe.rpush(key, *["1"] * min(consumers, _MOST_WAKES))
        pipe.ltrim(key, -_MOST_WAKES, -1)
        pipe.execute()


def _reached(question: Callable[[], _T]) -> _T:
    try:
        return question()
    except (redis.RedisError, OSError) as error:
        # No text of the error: it may name the address, password included.
        raise ServerAwayError(type(error).__name__) from error
