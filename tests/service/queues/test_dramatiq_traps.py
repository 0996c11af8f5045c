"""What dramatiq 2.2 does that would hurt here, and that it no longer does.

Each test stands for an observation in `shared/notes/service-choices.md`, 1.2 to 1.4, or for one
made while building this.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time

import dramatiq
import dramatiq.broker
import pika
import pika.exceptions
import pytest
import redis

from studio_detector.errors import ConfigError
from studio_detector.service.queues.open import make_broker
from studio_detector.service.settings import ServiceSettings

POOLS = {("high", "standard"): 2, ("detail",): 1, ("webhook",): 2, ("maintenance",): 1}


def _keys(place):
    with redis.Redis.from_url(place.url) as client:
        return {key.decode(): client.type(key) for key in client.scan_iter(f"{place.namespace}:*")}


class TestVersion:
    def test_the_version_is_the_one_whose_habits_are_known(self):
        assert dramatiq.__version__.startswith("2.2.")


class TestProcess:
    def test_importing_and_using_it_leaves_nothing_behind_in_the_process(self, tmp_path):
        """No Prometheus middleware, which sets a variable for all, and no global broker."""
        script = (
            "import os, sys, uuid\n"
            "from studio_detector.service.queues.open import make_broker\n"
            "from studio_detector.service.settings import ServiceSettings\n"
            "broker = make_broker(ServiceSettings())\n"
            "broker.consume({('standard',): 1}, print)\n"
            "broker.send('standard', uuid.uuid4())\n"
            "broker.close()\n"
            "import dramatiq.broker\n"
            "assert dramatiq.broker.global_broker is None\n"
            "assert 'prometheus_client' not in sys.modules\n"
            "assert not [name for name in os.environ if 'prom' in name.lower()]\n"
        )
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={"TMPDIR": str(tmp_path), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        assert list(tmp_path.iterdir()) == []

    def test_no_pool_has_any_middleware_of_dramatiqs(self, server_place):
        """Time limits and shutdown notifications start only under dramatiq's command line, and
        options of middleware that one broker lacks are refused: none has any, so all are equal.
        """
        broker = server_place.open()
        broker.consume(POOLS, print)
        for pool in broker._pools:
            inner = pool._broker
            assert [type(each).__name__ for each in inner.middleware] == ["_WorkerMiddleware"]
            assert pool._worker.broker is inner

    def test_several_pools_and_a_second_start_draw_no_warning(self, place, handled, caplog):
        """Dramatiq warns of a second worker on one broker; each pool has its own."""
        broker = place.open()
        for _ in range(2):
            broker.consume(POOLS, handled)
            broker.stop(5)
        assert "same type twice" not in caplog.text


class TestDelays:
    """Delayed messages are redelivered by RabbitMQ after half an hour, and cost a consumer each."""

    def test_rabbitmq_has_no_queue_for_them(self, rabbitmq_place, handled):
        broker = rabbitmq_place.open()
        broker.send("standard", "x")
        broker.consume(POOLS, handled)
        handled.wait_ended(1)
        with contextlib.closing(
            pika.BlockingConnection(pika.URLParameters(rabbitmq_place.url))
        ) as link:
            for kind in ("DQ", "XQ"):
                with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="no queue"):
                    link.channel().queue_declare(
                        f"{rabbitmq_place.namespace}.standard.{kind}", passive=True
                    )

    def test_no_thread_consumes_them(self, server_place, handled):
        server_place.open().consume(POOLS, handled)
        threads = [t.name for t in threading.enumerate() if type(t).__name__ == "ConsumerThread"]
        assert len(threads) == 5


class TestMessages:
    def test_a_message_holds_a_name_and_no_fact(self, redis_place):
        redis_place.open().send("standard", "the name")
        with redis.Redis.from_url(redis_place.url) as client:
            ((_, body),) = client.hgetall(f"{redis_place.namespace}:standard.msgs").items()
        message = json.loads(body)
        assert (message["args"], message["kwargs"]) == (["the name"], {})
        assert set(message["options"]) == {"redis_message_id"}


class TestRedis:
    def test_a_pool_that_is_busy_for_long_does_not_count_as_dead(self, redis_place, handled):
        """Dramatiq gives no sign of life while it holds enough, and another takes over."""
        handled.gate.clear()
        first = redis_place.open()
        first.send("standard", "long")
        first.consume({("standard",): 1}, handled)
        handled.wait_begun(1)
        redis_place.open().consume({("standard",): 1}, handled)
        time.sleep(2 * redis_place.settings.lease_s)  # long enough to count as dead
        assert handled.begun == ["long"]

    def test_an_idle_queue_gives_up_a_dead_workers_messages_soon(self, redis_place, handled):
        """Dramatiq leaves it to one command in a thousand."""
        dead = make_broker(redis_place.settings)
        dead.send("standard", "orphan")
        inner = dead._wire.pool({"standard": 1})
        inner.declare_queue("standard")
        assert next(iter(inner.consume("standard"))) is not None
        redis_place.open().consume({("standard",): 1}, handled)
        begin = time.monotonic()
        handled.wait_ended(1, timeout=10)
        assert time.monotonic() - begin < 4 * redis_place.settings.lease_s
        inner.close()
        dead.close()

    def test_a_message_that_is_none_is_left_out(self, redis_place, handled, caplog):
        broker = redis_place.open()
        with redis.Redis.from_url(redis_place.url) as client:
            client.hset(f"{redis_place.namespace}:standard.msgs", "broken", b"{")
            client.rpush(f"{redis_place.namespace}:standard", "broken", "missing")
        broker.send("standard", "whole")
        broker.consume({("standard",): 1}, handled)
        handled.wait_ended(1)
        assert handled.ended == ["whole"]
        assert "none of ours" in caplog.text

    def test_nothing_is_left_of_messages_that_were_handled(self, redis_place, handled, eventually):
        broker = redis_place.open()
        broker.consume({("standard",): 2}, handled)
        for i in range(100):
            broker.send("standard", str(i))
        handled.wait_ended(100)
        left = {"__heartbeats__", "standard.wake"}
        eventually(lambda: {key.split(":", 1)[1] for key in _keys(redis_place)} <= left)
        with redis.Redis.from_url(redis_place.url) as client:
            assert client.llen(f"{redis_place.namespace}:standard.wake") <= 16

    def test_a_server_that_was_killed_and_lost_everything_is_used_again(
        self, private_redis, handled, eventually
    ):
        """Its messages and the scripts that dramatiq had loaded are gone."""
        settings = ServiceSettings(
            broker_url=private_redis.url, database_url="sqlite://", lease_s=2.0
        )
        broker = make_broker(settings)
        broker.consume({("standard",): 1}, handled)
        broker.send("standard", "before")
        handled.wait_ended(1)
        private_redis.kill()
        assert broker.send("standard", "lost") is False
        private_redis.start()
        eventually(lambda: broker.send("standard", "after"))
        handled.wait_ended(2)
        assert handled.ended == ["before", "after"]
        broker.close()


class TestSending:
    def test_many_threads_may_send_at_once(self, place, handled):
        """A connection of pika belongs to one thread; dramatiq opens one for each that sends."""
        broker = place.open()
        sent = []

        def send(start):
            sent.extend(broker.send("standard", str(start + i)) for i in range(25))

        threads = [threading.Thread(target=send, args=(i * 25,)) for i in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sent == [True] * 400
        broker.consume({("standard",): 2}, handled)
        handled.wait_ended(400)
        assert sorted(map(int, handled.ended)) == list(range(400))


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        ["kafka://host", "redis://host:port/0", "amqp://host:port", "localhost:6379"],
    )
    def test_an_address_that_is_none_is_refused_without_showing_it(self, url):
        settings = ServiceSettings(
            broker_url=url.replace("host", "user:secret@host"), database_url="sqlite://"
        )
        with pytest.raises(ConfigError) as caught:
            make_broker(settings)
        assert caught.value.code == "config_invalid_value"
        assert "secret" not in caught.value.message
