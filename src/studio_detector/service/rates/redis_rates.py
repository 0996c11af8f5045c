"""Counts in Redis, which several machines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from studio_detector.errors import ConfigError
from studio_detector.service.rates.memory import MemoryRates
from studio_detector.service.rates.window import Count, verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.service.breaker import Breaker
    from studio_detector.service.rate import Rate
    from studio_detector.service.rates.base import Kind, Verdict

# In the same building an answer takes a millisecond.
_TIMEOUT_S = 0.25
_ERRORS = (redis.RedisError, OSError, ValueError)
_PER_MICROSECOND = 1e-6
# KEYS: a hash for each limit, of n, the number of its window, c, what was counted in it, and b,
# in the one before. ARGV: the cost; 1 for a trial; then for each limit the most and the seconds
# of its window. Answers whether it may pass, and for each limit b, c and the microseconds since
# its window began. All by the clock of Redis, so that those of the machines do not matter.
_HIT = """
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local allowed = 1
local answer = {}
local found = {}
for i, key in ipairs(KEYS) do
  local most, window_us = tonumber(ARGV[2 * i + 1]), ARGV[2 * i + 2] * 1000000
  local number, into_us = math.floor(now_us / window_us), now_us % window_us
  local kept = redis.call('HMGET', key, 'n', 'c', 'b')
  local number_kept = tonumber(kept[1] or -2)
  local current, before = 0, 0
  if number_kept == number then
    current, before = tonumber(kept[2]), tonumber(kept[3])
  elseif number_kept == number - 1 then
    before = tonumber(kept[2])
  end
  if current + before * (1 - into_us / window_us) + cost > most then
    allowed = 0
  end
  found[i] = {number, current, before, window_us}
  for _, value in ipairs({before, current, into_us}) do
    answer[#answer + 1] = value
  end
end
if allowed == 1 and ARGV[2] == '0' then
  for i, key in ipairs(KEYS) do
    local number, current, before, window_us = unpack(found[i])
    redis.call('HSET', key, 'n', string.format('%d', number),
      'c', string.format('%d', current + cost), 'b', string.format('%d', before))
    redis.call('PEXPIRE', key, string.format('%d', 2 * window_us / 1000))
  end
end
table.insert(answer, 1, allowed)
return answer
"""


class RedisRates:
    """`Rates` that ask Redis; while it is away, this process counts for itself.

    Neither refusing all that makes jobs nor letting all of it pass would do: the first turns
    a lost cache into an outage, and the second into an open door.

    Args:
        url: ``redis://...``, ``rediss://...`` or ``unix://...``.
        limits: What is counted -> how much.
        namespace: What its keys begin with, so that a Redis can be shared.
        breaker: Opens when Redis is away.

    Raises:
        ConfigError: ``config_invalid_value`` if the address is none of a Redis.
    """

    is_far = True

    def __init__(
        self, url: str, limits: Mapping[Kind, Rate], *, namespace: str, breaker: Breaker
    ) -> None:
        self._limits = limits
        # One slot for all of a request, where a Redis is a cluster.
        self._prefix = f"{{{namespace}}}:"
        self._breaker = breaker
        self._meanwhile = MemoryRates(limits)
        try:
            self._redis = redis.Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )
        except ValueError as error:
            raise ConfigError(
                "rates_url is no address of a Redis; write it as redis://host:6379/0",
                code="config_invalid_value",
            ) from error
        self._hit = self._redis.register_script(_HIT)

    def hit(
        self, names: Mapping[Kind, str], *, cost: int = 1, is_trial: bool = False
    ) -> Verdict | None:
        """See `Rates.hit`."""
        limited = [
            (kind, who, rate)
            for kind, who in names.items()
            if (rate := self._limits.get(kind)) is not None
        ]
        if not limited:
            return None
        answer = self._asked(limited, cost, is_trial=is_trial)
        if answer is None:
            return self._meanwhile.hit(names, cost=cost, is_trial=is_trial)
        counts = []
        for number, (kind, _, rate) in enumerate(limited):
            before, now, into_us = answer[1 + 3 * number : 4 + 3 * number]
            counts.append(Count(kind, rate, before, now, into_us * _PER_MICROSECOND))
        is_allowed = answer[0] == 1
        return verdict_of(
            counts, cost, is_allowed=is_allowed, is_counted=is_allowed and not is_trial
        )

    def ping(self) -> bool:
        """See `Rates.ping`."""
        try:
            self._redis.ping()
        except _ERRORS:
            self._breaker.failed()
            return False
        self._breaker.succeeded()
        return True

    def close(self) -> None:
        """See `Rates.close`."""
        self._redis.close()

    def _asked(
        self, limited: list[tuple[Kind, str, Rate]], cost: int, *, is_trial: bool
    ) -> list[int] | None:
        if not self._breaker.allows():
            return None
        keys = [f"{self._prefix}{kind}:{who}" for kind, who, _ in limited]
        numbers = [number for _, _, rate in limited for number in (rate.most, rate.window_s)]
        try:
            answer: list[int] = self._hit(keys=keys, args=[cost, int(is_trial), *numbers])
        except _ERRORS:
            self._breaker.failed()
            return None
        self._breaker.succeeded()
        return answer
