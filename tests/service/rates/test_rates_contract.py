"""What counts of requests do alike, in memory and in Redis."""

from __future__ import annotations

import threading
import time

import pytest

from private_redis import PrivateRedis
from studio_detector.service.breaker import Breaker
from studio_detector.service.rate import Rate
from studio_detector.service.rates.memory import MemoryRates
from studio_detector.service.rates.redis_rates import RedisRates

LIMITS = {
    "key": Rate(most=3, window_s=3600),
    "tenant": Rate(most=5, window_s=3600),
    "global": Rate(most=100, window_s=3600),
    "address": Rate(most=2, window_s=1),
}


class RatesContract:
    """Run on each implementation; a subclass gives the fixtures `rates` and `pass_s`."""

    def test_so_much_passes_and_no_more(self, rates):
        """Of each name by itself."""
        passed = [rates.hit({"key": "a"}).is_allowed for _ in range(5)]

        assert [True, True, True, False, False] == passed
        assert rates.hit({"key": "b"}).is_allowed

    def test_the_verdict_tells_what_is_left(self, rates):
        """Of the limit of which the smallest share is left."""
        verdicts = [rates.hit({"tenant": "t", "key": "a"}) for _ in range(4)]

        assert [2, 1, 0, 0] == [verdict.remaining for verdict in verdicts]
        assert {("key", 3, 3600)} == {(v.kind, v.limit, v.window_s) for v in verdicts}
        assert all(0 < verdict.reset_s <= 2 * 3600 for verdict in verdicts)

    def test_what_one_limit_refuses_no_other_counts(self, rates):
        """Or who is refused would use up what others share."""
        for _ in range(3):
            rates.hit({"key": "a"})

        refused = [rates.hit({"key": "a", "tenant": "t"}).is_allowed for _ in range(10)]
        passed = [rates.hit({"tenant": "t"}).is_allowed for _ in range(6)]

        assert [False] * 10 == refused
        assert [True] * 5 + [False] == passed

    def test_the_limit_that_refuses_is_named(self, rates):
        """The one that refuses longest."""
        for key in "abcde":
            rates.hit({"key": key, "tenant": "t"})

        verdict = rates.hit({"key": "f", "tenant": "t"})

        assert (False, "tenant", 5) == (verdict.is_allowed, verdict.kind, verdict.limit)

    def test_a_request_may_count_for_many(self, rates):
        """All of it or nothing."""
        passed = [rates.hit({"tenant": "t"}, cost=cost).is_allowed for cost in (3, 3, 2, 1)]

        assert [True, False, True, False] == passed

    def test_more_than_the_whole_limit_never_passes(self, rates):
        """Not even into an empty window."""
        verdict = rates.hit({"tenant": "t"}, cost=6)

        assert not verdict.is_allowed
        assert verdict.reset_s > 0
        assert rates.hit({"tenant": "t"}, cost=5).is_allowed

    def test_a_trial_counts_nothing(self, rates):
        """It tells what is left."""
        steps = ((1, True), (1, True), (1, False), (1, True), (2, False), (1, True))
        left = [
            rates.hit({"key": "a"}, cost=cost, is_trial=is_trial).remaining
            for cost, is_trial in steps
        ]

        assert [3, 3, 2, 2, 0, 0] == left

    def test_a_trial_says_what_would_be_said(self, rates):
        """Also when what is refused would be let in."""
        for cost in (1, 2, 3, 4):
            trial = rates.hit({"tenant": "t"}, cost=cost, is_trial=True)
            real = rates.hit({"tenant": "t"}, cost=cost)
            assert trial.is_allowed == real.is_allowed
            if not real.is_allowed:
                assert real.reset_s == pytest.approx(trial.reset_s, abs=0.5)

    def test_names_without_a_limit_are_not_counted(self, rates):
        """None of them: no verdict."""
        assert rates.hit({"megapixels": "t"}, cost=10**9) is None
        assert rates.hit({}) is None
        assert rates.hit({"megapixels": "t", "key": "a"}).kind == "key"

    def test_a_name_is_another_under_another_kind(self, rates):
        """Whoever calls a tenant like an address gets nothing by it."""
        for _ in range(3):
            rates.hit({"key": "same"})

        assert rates.hit({"tenant": "same"}).remaining == 4

    def test_all_is_left_again_after_two_windows(self, rates, pass_s):
        """And something before that."""
        for _ in range(2):
            assert rates.hit({"address": "a"}).is_allowed
        refused = rates.hit({"address": "a"})

        pass_s(refused.reset_s + 0.05)
        once = rates.hit({"address": "a"}).is_allowed
        pass_s(2.1)
        again = [rates.hit({"address": "a"}).is_allowed for _ in range(3)]

        assert not refused.is_allowed
        assert once
        assert [True, True, False] == again

    def test_many_threads_get_no_more_than_there_is(self, rates):
        """Counting is one step."""
        passed = []

        def work():
            passed.extend(rates.hit({"global": "all"}).is_allowed for _ in range(25))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert 100 == sum(passed)

    def test_it_says_that_it_is_there(self, rates):
        """For whoever asks."""
        assert rates.ping() is True


class TestMemoryRates(RatesContract):
    @pytest.fixture
    def now(self):
        return [1_000_000.0]

    @pytest.fixture
    def rates(self, now):
        return MemoryRates(LIMITS, clock=lambda: now[0])

    @pytest.fixture
    def pass_s(self, now):
        def pass_s(seconds):
            now[0] += seconds

        return pass_s


@pytest.mark.services
class TestRedisRates(RatesContract):
    @pytest.fixture
    def rates(self, tmp_path):
        server = PrivateRedis(tmp_path)
        server.start()
        # So that no window of an hour ends within a test.
        if 3600 - time.time() % 3600 < 10:
            threading.Event().wait(11)
        rates = RedisRates(
            server.url, LIMITS, namespace="test", breaker=Breaker("counting", 1, pause_s=60)
        )
        yield rates
        rates.close()
        server.kill()

    @pytest.fixture
    def pass_s(self):
        # The time of the server passes by itself.
        return threading.Event().wait
