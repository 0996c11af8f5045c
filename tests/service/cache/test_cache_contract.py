"""What every cache of results does alike."""

from __future__ import annotations

import json
import secrets
import threading

import pytest

import service_servers
from studio_detector.service.breaker import Breaker
from studio_detector.service.cache import MemoryCache
from studio_detector.service.cache.redis_cache import RedisCache


class CacheContract:
    """Run on each implementation; a subclass gives the fixtures `cache` and `pass_s`."""

    def test_what_was_put_is_got(self, cache):
        """Character by character, in any script."""
        text = json.dumps({"label": "studio", "path": "préface \u2028 \U0001f4f7"})
        long = json.dumps("x" * 500_000)

        cache.put("a", text, 60)
        cache.put("b", long, 60)

        assert (text, long) == (cache.get("a"), cache.get("b"))

    def test_nothing_is_known_of_what_was_never_put(self, cache):
        """None, not an error."""
        assert cache.get("never") is None

    def test_a_later_text_replaces_the_earlier(self, cache):
        """And its time begins anew."""
        cache.put("a", "1", 60)
        cache.put("a", "2", 60)

        assert "2" == cache.get("a")

    def test_a_deleted_text_is_forgotten(self, cache):
        """Deleting what is not there is no error."""
        cache.put("a", "1", 60)
        cache.put("b", "2", 60)

        cache.delete("a")
        cache.delete("a")

        assert (None, "2") == (cache.get("a"), cache.get("b"))

    def test_texts_are_forgotten_after_their_time(self, cache, pass_s):
        """Each after its own."""
        cache.put("short", "1", 0.05)
        cache.put("long", "2", 60)

        pass_s(0.1)

        assert (None, "2") == (cache.get("short"), cache.get("long"))

    @pytest.mark.parametrize("ttl_s", [0, -1])
    def test_no_time_at_all_remembers_nothing(self, cache, ttl_s):
        """Rather than for ever."""
        cache.put("a", "1", ttl_s)

        assert cache.get("a") is None

    def test_many_threads_may_use_it_at_once(self, cache):
        """Everybody gets what belongs to the key."""
        wrong = []

        def work(me):
            for n in range(50):
                key = f"{me}-{n % 7}"
                cache.put(key, key, 60)
                got = cache.get(key)
                if got != key:
                    wrong.append((key, got))
                cache.delete(f"{me}-other")

        threads = [threading.Thread(target=work, args=(me,)) for me in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [] == wrong

    def test_it_says_that_it_is_there(self, cache):
        """For the readiness of the service."""
        assert cache.ping() is True


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def now(self):
        return [1000.0]

    @pytest.fixture
    def cache(self, now):
        cache = MemoryCache(1000, clock=lambda: now[0])
        yield cache
        cache.close()

    @pytest.fixture
    def pass_s(self, now):
        def pass_s(seconds):
            now[0] += seconds

        return pass_s


@pytest.mark.services
class TestRedisCache(CacheContract):
    @pytest.fixture
    def cache(self):
        cache = RedisCache(
            service_servers.redis_url(),
            namespace=f"test-{secrets.token_hex(8)}",
            breaker=Breaker("the cache", failures=5, pause_s=30),
        )
        yield cache
        for key in ("a", "b", "short", "long"):
            cache.delete(key)
        cache.close()

    @pytest.fixture
    def pass_s(self):
        # The time of the server passes by itself.
        return threading.Event().wait
