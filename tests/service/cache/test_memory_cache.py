"""The cache in memory is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.errors import ConfigError
from studio_detector.service.cache import MemoryCache, open_cache
from studio_detector.service.cache.redis_cache import RedisCache
from studio_detector.service.settings import ServiceSettings

KEYS = st.sampled_from("abcdefgh")
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.floats(0.5, 5)),
        st.tuples(st.just("get"), KEYS),
        st.tuples(st.just("delete"), KEYS),
        st.tuples(st.just("pass"), st.floats(0, 3)),
    ),
    max_size=60,
)


@given(ACTIONS, st.integers(1, 5))
def test_it_is_a_bounded_dictionary_that_forgets(actions, size):
    """Against the plainest one that can be written: a list with the latest use at its end."""
    now = 0.0
    cache = MemoryCache(size, clock=lambda: now)
    plain = []
    for step, (what, *rest) in enumerate(actions):
        if what == "pass":
            now += rest[0]
            continue
        key = rest[0]
        known = [entry for entry in plain if entry[0] == key]
        others = [entry for entry in plain if entry[0] != key]
        if what == "put":
            cache.put(key, str(step), rest[1])
            plain = [*others, (key, str(step), now + rest[1])][-size:]
        elif what == "delete":
            cache.delete(key)
            plain = others
        else:
            fresh = [entry for entry in known if entry[2] > now]
            plain = [*others, *fresh]
            assert cache.get(key) == (fresh[0][1] if fresh else None)


def test_what_was_asked_for_longest_ago_goes_first():
    """Asking counts as use."""
    cache = MemoryCache(2)
    cache.put("a", "1", 60)
    cache.put("b", "2", 60)
    cache.get("a")

    cache.put("c", "3", 60)

    assert ("1", None, "3") == (cache.get("a"), cache.get("b"), cache.get("c"))


class TestOpening:
    def test_memory_is_the_default(self):
        """With the size of the settings."""
        cache = open_cache(ServiceSettings(result_cache_entries=7))

        assert isinstance(cache, MemoryCache)
        assert 7 == cache.max_entries

    def test_a_redis_need_not_be_there_yet(self):
        """It may come later, or never."""
        cache = open_cache(ServiceSettings(cache_url="redis://127.0.0.1:1/0"))

        assert isinstance(cache, RedisCache)
        assert cache.get("a") is None
        cache.close()

    def test_keys_in_redis_begin_with_the_name_of_the_service(self, monkeypatch):
        """So several services can share one."""
        asked = []
        monkeypatch.setattr("redis.Redis.get", lambda _, key: asked.append(key))
        settings = ServiceSettings(cache_url="redis://127.0.0.1:1/0", namespace="shop")

        open_cache(settings).get("a")

        assert ["shop:results:a"] == asked

    @pytest.mark.parametrize("url", ["memcached://user:secret@host", "", "redis://host:port/0"])
    def test_what_is_no_cache_is_refused_without_being_repeated(self, url):
        """It may hold a password."""
        with pytest.raises(ConfigError, match="redis://") as caught:
            open_cache(ServiceSettings(cache_url=url))

        assert "config_invalid_value" == caught.value.code
        assert "secret" not in caught.value.message
