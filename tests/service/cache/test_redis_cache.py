"""A Redis that goes away, hangs or comes back costs results nothing."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time

import pytest

from private_redis import PrivateRedis
from studio_detector.service.breaker import Breaker
from studio_detector.service.cache.redis_cache import RedisCache


class Clock:
    """Time that passes when told to."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def server(tmp_path):
    server = PrivateRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_redis(clock):
    """Open a cache whose breaker opens after three failures for 30 s of `clock`."""
    opened = []

    def open_redis(url):
        breaker = Breaker("the cache", failures=3, pause_s=30, clock=clock)
        opened.append(RedisCache(url, namespace=f"test-{secrets.token_hex(4)}", breaker=breaker))
        return opened[-1]

    yield open_redis
    for cache in opened:
        cache.close()


class TestGoingAway:
    def test_a_dead_redis_has_nothing_takes_nothing_and_raises_nothing(self, server, open_redis):
        """And says so when asked."""
        cache = open_redis(server.url)
        cache.put("a", "1", 60)
        assert "1" == cache.get("a")

        server.kill()

        for _ in range(10):
            assert cache.get("a") is None
            cache.put("a", "2", 60)
            cache.delete("a")
        assert cache.ping() is False

    def test_it_is_used_again_after_the_pause(self, server, open_redis, clock):
        """Without a restart of ours."""
        cache = open_redis(server.url)
        server.kill()
        for _ in range(3):
            cache.get("a")
        server.start()

        cache.put("a", "1", 60)
        assert cache.get("a") is None  # still left alone
        clock.now += 31
        cache.put("a", "1", 60)

        assert "1" == cache.get("a")
        assert cache.ping() is True

    def test_being_seen_alive_ends_the_pause(self, server, open_redis):
        """The readiness check helps."""
        cache = open_redis(server.url)
        server.kill()
        for _ in range(3):
            cache.get("a")
        server.start()

        assert cache.ping() is True

        cache.put("a", "1", 60)
        assert "1" == cache.get("a")

    def test_a_restart_between_two_questions_goes_unnoticed(self, server, open_redis):
        """Connections that it broke are made anew within the question."""
        cache = open_redis(server.url)
        cache.put("a", "1", 60)
        server.kill()
        server.start()

        cache.put("b", "2", 60)

        assert "2" == cache.get("b")


class TestBeingSlow:
    def test_a_redis_that_never_answers_costs_a_second_and_then_nothing(self, open_redis):
        """However many ask."""
        with socket.create_server(("127.0.0.1", 0), backlog=16) as silent:
            cache = open_redis(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
            begun = time.monotonic()

            for _ in range(1000):
                assert cache.get("a") is None

            # Three failures of a quarter of a second; the rest is room for a busy machine.
            assert time.monotonic() - begun < 5


class TestOddServers:
    @pytest.mark.parametrize(
        "answer", [b"-OOM command not allowed\r\n", b"$3\r\n\xff\xfe\xfd\r\n", b"what?\r\n", b""]
    )
    def test_whatever_it_answers_is_at_worst_nothing(self, open_redis, answer):
        """An error, bytes that are no text, another protocol, a closed line."""

        def serve(listening):
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        while connection.recv(65536) and answer:
                            connection.sendall(answer)

        with socket.create_server(("127.0.0.1", 0)) as listening:
            threading.Thread(target=serve, args=(listening,), daemon=True).start()
            cache = open_redis(f"redis://127.0.0.1:{listening.getsockname()[1]}/0")

            assert cache.get("a") is None
            cache.put("a", "1", 60)
            cache.delete("a")
            listening.shutdown(socket.SHUT_RDWR)

    def test_two_namespaces_do_not_see_each_other(self, server, open_redis):
        """Though the server is one."""
        one, other = open_redis(server.url), open_redis(server.url)
        one.put("a", "1", 60)

        assert other.get("a") is None
        other.delete("a")
        assert "1" == one.get("a")
