"""Counts in Redis: shared, by its own clock, and counted here while it is away."""

from __future__ import annotations

import pytest
import redis

from private_redis import PrivateRedis
from studio_detector.service.breaker import Breaker
from studio_detector.service.rate import Rate
from studio_detector.service.rates.redis_rates import RedisRates

pytestmark = pytest.mark.services

LIMITS = {"key": Rate(most=3, window_s=86_400), "tenant": Rate(most=50, window_s=86_400)}


@pytest.fixture
def server(tmp_path):
    """A Redis that can be killed."""
    server = PrivateRedis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def opened(server):
    """Make counts in it."""
    made = []

    def make(namespace="shop", failures=1, pause_s=60.0):
        breaker = Breaker("counting", failures, pause_s)
        made.append(RedisRates(server.url, LIMITS, namespace=namespace, breaker=breaker))
        return made[-1]

    yield make
    for rates in made:
        rates.close()


def test_machines_share_what_is_left(opened):
    """But not with another service in the same Redis."""
    one, two, other = opened(), opened(), opened(namespace="elsewhere")

    passed = [rates.hit({"key": "a"}).is_allowed for rates in (one, two, one, two)]

    assert [True, True, True, False] == passed
    assert other.hit({"key": "a"}).is_allowed


def test_what_is_kept_goes_away_by_itself(opened, server):
    """Within two windows, and under names that belong to the service."""
    opened().hit({"key": "a", "tenant": "t"})

    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        kept = {key: client.ttl(key) for key in client.scan_iter()}

    assert {"{shop}:key:a", "{shop}:tenant:t"} == kept.keys()
    assert all(0 < ttl_s <= 2 * 86_400 for ttl_s in kept.values())


def test_while_it_is_away_this_process_counts(opened, server):
    """Nothing is without a bound, and nothing that fits is refused."""
    rates = opened()
    for _ in range(3):
        rates.hit({"key": "a"})
    server.kill()

    passed = [rates.hit({"key": "a"}).is_allowed for _ in range(5)]

    assert [True, True, True, False, False] == passed
    assert not rates.ping()


def test_while_it_is_away_nobody_waits_for_it(opened, server, monkeypatch):
    """After the first failure it is left alone."""
    rates = opened()
    server.kill()
    rates.hit({"key": "a"})
    asked = []
    monkeypatch.setattr(rates, "_hit", lambda **_: asked.append(1))

    for _ in range(10):
        rates.hit({"key": "a"})

    assert [] == asked


def test_when_it_is_back_it_counts_again(opened, server):
    """Also after it has forgotten the script."""
    rates = opened(pause_s=0.01)
    server.kill()
    for _ in range(4):
        rates.hit({"key": "a"})
    server.start()
    assert rates.ping()

    passed = [rates.hit({"key": "a"}).is_allowed for _ in range(4)]

    assert [True, True, True, False] == passed
