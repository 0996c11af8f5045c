"""Messages in RabbitMQ."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

import pika  # type: ignore[import-untyped]
import pika.exceptions  # type: ignore[import-untyped]
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from studio_detector.errors import ConfigError
from studio_detector.service.queues.dramatiq_pool import DramatiqPool, message_of
from studio_detector.service.queues.wire import PATIENCE_S, ServerAwayError, most_held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dramatiq.broker import Consumer

    from studio_detector.service.records import Queue

_T = TypeVar("_T")

# A server that does not answer for twice this long is given up.
_HEARTBEAT_S = 15
# How often the idle sender answers the server's heartbeats.
_BEAT_EVERY_S = 5.0


class RabbitmqWire:
    """`Wire` through a RabbitMQ.

    Args:
        url: ``amqp://...`` or ``amqps://...``.
        namespace: What the names of its queues begin with.

    Raises:
        ConfigError: ``config_invalid_value`` if the address is none of a RabbitMQ.
    """

    def __init__(self, url: str, *, namespace: str) -> None:
        self._url = url
        self._namespace = namespace
        self._broker = _RabbitmqPoolBroker(url, {})
        self._sender = _Sender(self._broker)

    def name(self, queue: Queue) -> str:
        """What dramatiq calls a queue."""
        return f"{self._namespace}.{queue}"

    def send(self, queue: Queue, name: str) -> None:
        """See `Wire.send`."""
        message = message_of(self.name(queue), queue, name)
        self._sender.run(lambda: self._broker.enqueue(message))

    def depth(self, queue: Queue) -> int:
        """See `Wire.depth`."""
        return self._sender.run(lambda: self._broker.waiting(self.name(queue)))

    def take_along(self, queue: Queue, most: int, takers: int) -> list[str]:  # noqa: ARG002
        """See `Wire.take_along`."""
        return []

    def give_back(self, queue: Queue, names: Sequence[str]) -> None:
        """See `Wire.give_back`; none were taken."""

    def probe(self) -> str:
        """See `Wire.probe`."""
        return self._sender.run(lambda: self._broker.probe(f"{self._namespace}.probe"))

    def serve(
        self, queues: Sequence[Queue], threads: int, handle: Callable[[Queue, str], None]
    ) -> DramatiqPool:
        """See `Wire.serve`."""
        names = {queue: self.name(queue) for queue in queues}
        limits = {names[queue]: most for queue, most in most_held(queues, threads).items()}
        return DramatiqPool(_RabbitmqPoolBroker(self._url, limits), names, threads, handle)

    def close(self) -> None:
        """See `Wire.close`."""
        self._sender.close()


class _RabbitmqPoolBroker(RabbitmqBroker):
    """Dramatiq's broker with durable queues alone and short times.

    Args:
        url: See `RabbitmqWire`.
        limits: Name of a queue -> most messages held at once.
    """

    def __init__(self, url: str, limits: Mapping[str, int]) -> None:
        try:
            parameters = pika.URLParameters(url)
        except ValueError as error:
            raise ConfigError(
                "broker_url is no address of a RabbitMQ; write it as amqp://user:password@host:5672",
                code="config_invalid_value",
            ) from error
        parameters.connection_attempts = 1
        parameters.socket_timeout = PATIENCE_S
        parameters.stack_timeout = PATIENCE_S
        parameters.blocked_connection_timeout = PATIENCE_S
        parameters.heartbeat = _HEARTBEAT_S
        super().__init__(confirm_delivery=True, middleware=[])
        self.parameters = parameters
        self._limits = limits

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:  # noqa: ARG002 - the limit of the queue stands for dramatiq's number
        """Consume a queue within its limit."""
        try:
            self.declare_queue(queue_name, ensure=True)
        finally:
            # It was opened to declare the queue; nobody would answer its heartbeats.
            del self.connection
        return super().consume(queue_name, self._limits[queue_name], timeout)

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Declare a queue without the one for delayed messages, which would cost a connection."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.queues_pending.add(queue_name)
            self.emit_after("declare_queue", queue_name)
        if ensure:
            self._ensure_queue(queue_name)  # type: ignore[no-untyped-call]

    def waiting(self, queue_name: str) -> int:
        """Count the messages of a queue that nobody has taken.

        Raises:
            AMQPError: If the server does not answer.
        """
        queue = self._declare_queue(queue_name)  # type: ignore[no-untyped-call]
        return int(queue.method.message_count)

    def probe(self, prefix: str) -> str:
        """Have a message go and come back by a queue that belongs to this connection alone.

        Args:
            prefix: What the name of the queue begins with.

        Raises:
            AMQPError: If the server does not answer, or another message comes back.
        """
        name = secrets.token_hex(16)
        channel = self.connection.channel()
        try:
            channel.confirm_delivery()
            queue = f"{prefix}.{name}"
            channel.queue_declare(queue, exclusive=True, auto_delete=True)
            channel.basic_publish("", queue, name.encode(), mandatory=True)
            _, _, back = channel.basic_get(queue, auto_ack=True)
            channel.queue_delete(queue)
        finally:
            if channel.is_open:  # what is refused closes it, and is to be told
                channel.close()
        if back != name.encode():
            raise pika.exceptions.AMQPError
        return "RabbitMQ"

    def answer_heartbeats(self) -> None:
        """Read what the server sent on this thread's connection, if there is one."""
        connection = getattr(self.state, "connection", None)
        if connection is not None:
            try:
                connection.process_data_events(0)
            except pika.exceptions.AMQPError:
                self.forget_connection()

    def forget_connection(self) -> None:
        """Have the next question on this thread open a connection anew."""
        del self.connection

    def _build_queue_arguments(self, queue_name: str) -> dict[str, object]:  # noqa: ARG002 - the same for all
        return {}

    def _declare_dq_queue(self, queue_name: str) -> None:
        """Delayed messages do not exist here: the store knows when a job is due."""

    def _declare_xq_queue(self, queue_name: str) -> None:
        """Dead messages do not exist here: the store knows which jobs are dead."""


class _Sender:
    """Asks the server on a thread of its own.

    A connection of pika belongs to one thread, and waiting for the server's confirmation has no
    time limit; so callers wait for this thread, and not for longer than `PATIENCE_S`.

    Args:
        broker: Used on the thread alone.
    """

    def __init__(self, broker: _RabbitmqPoolBroker) -> None:
        self._broker = broker
        self._calls: SimpleQueue[tuple[Callable[[], object], Future[object]] | None]
        self._calls = SimpleQueue()
        self._overdue: Future[object] | None = None
        self._thread = threading.Thread(target=self._work, name="amqp-sender", daemon=True)
        self._thread.start()

    def run(self, call: Callable[[], _T]) -> _T:
        """Run a call on the thread.

        Raises:
            ServerAwayError: If it raised, or takes too long.
        """
        overdue = self._overdue
        if overdue is not None and not overdue.done():
            raise ServerAwayError("the server has not answered an earlier question")
        future: Future[object] = Future()
        self._calls.put((call, future))
        try:
            return future.result(timeout=PATIENCE_S)  # type: ignore[return-value]
        except TimeoutError as error:
            if not future.cancel():
                self._overdue = future
            raise ServerAwayError(f"no answer within {PATIENCE_S} s") from error
        except Exception as error:
            # Not only its own errors: where a stream breaks, pika raises IndexError, too.
            raise ServerAwayError(type(error).__name__) from error

    def close(self) -> None:
        """End the thread and its connection."""
        self._calls.put(None)
        self._thread.join(PATIENCE_S)

    def _work(self) -> None:
        while True:
            try:
                item = self._calls.get(timeout=_BEAT_EVERY_S)
            except Empty:
                self._broker.answer_heartbeats()
                continue
            if item is None:
                self._broker.forget_connection()
                return
            call, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it is raised where the call came from
                self._broker.forget_connection()
                future.set_exception(error)
