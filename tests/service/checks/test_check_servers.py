"""Servers are tried by something that goes there and comes back, and nothing stays."""

from __future__ import annotations

import contextlib
import secrets

import pika
import pytest
import redis

from service_servers import amqp_url, postgres_url, redis_url
from studio_detector.service.checks import servers
from studio_detector.service.settings import ServiceSettings

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def scaled():
    """Settings of a scaled service under names that no other test uses."""
    namespace = f"test-{secrets.token_hex(6)}"

    def scaled(**changes):
        return ServiceSettings(
            namespace=namespace, sandbox="off", **({"database_url": "sqlite:///x.db"} | changes)
        )

    return scaled


@pytest.mark.parametrize(
    "url", [f"redis://user:hunter2@{NOWHERE}/0", f"amqp://u:hunter2@{NOWHERE}"]
)
def test_a_broker_that_is_away_fails(scaled, url):
    """And its password stays unsaid."""
    found = servers.check_broker(scaled(broker_url=url))

    assert "failed" == found.state
    assert "broker_url" in found.text
    assert "hunter2" not in found.text


def test_a_cache_that_is_away_is_told(scaled):
    """The service runs without it."""
    settings = scaled(cache_url=f"redis://user:hunter2@{NOWHERE}/0")

    assert "warning" == servers.check_cache(settings).state
    assert "warning" == servers.check_rates(settings).state
    assert "hunter2" not in servers.check_cache(settings).text


def test_a_cache_that_is_none_is_told_and_stops_nothing(check, database):
    found = check(ServiceSettings(cache_url="memcached://x", sandbox="off"))

    assert {"warning"} == {found["cache"].state, found["rates"].state}
    assert "ok" == found["tables"].state


def test_a_cache_that_forgets_is_told(scaled, monkeypatch):
    class Forgetful:
        def put(self, *_):
            pass

        def get(self, _):
            return "another"

        delete = get

        def close(self):
            pass

    monkeypatch.setattr(servers, "open_cache", lambda _: Forgetful())

    assert "does not keep" in servers.check_cache(scaled()).text


@pytest.mark.services
class TestRedis:
    def test_a_message_comes_back_and_no_key_stays(self, scaled):
        url = redis_url()
        settings = scaled(broker_url=url, cache_url=url)

        assert servers.check_broker(settings).text.startswith("Redis ")
        assert "ok" == servers.check_broker(settings).state
        assert "ok" == servers.check_cache(settings).state
        assert "ok" == servers.check_rates(settings).state
        with redis.Redis.from_url(url) as client:
            assert [] == list(client.scan_iter(f"{settings.namespace}*"))


@pytest.mark.services
class TestRabbitmq:
    def test_a_message_comes_back_and_no_queue_stays(self, scaled):
        """Not even those that the service would use."""
        url = amqp_url()
        settings = scaled(broker_url=url)

        assert ("ok", "RabbitMQ") == (
            servers.check_broker(settings).state,
            servers.check_broker(settings).text,
        )
        with contextlib.closing(pika.BlockingConnection(pika.URLParameters(url))) as link:
            for name in ("probe", "standard", "maintenance"):
                channel = link.channel()
                with pytest.raises(pika.exceptions.ChannelClosedByBroker):
                    channel.queue_declare(f"{settings.namespace}.{name}", passive=True)


@pytest.mark.services
def test_a_database_without_tables_is_told_and_gets_none(scaled, check):
    """Of PostgreSQL; its clock is compared."""
    settings = scaled(database_url=postgres_url())
    for _ in range(2):
        found = check(settings)
        assert found["database"].text.startswith("PostgreSQL ")
        assert ("warning", True) == (
            found["tables"].state,
            "there are none" in found["tables"].text,
        )
        assert "ms from the database's" in found["clock"].text
        assert "skipped" == found["keys"].state
