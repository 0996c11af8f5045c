"""One request with its retries."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from studio_detector.client.errors import misunderstood, refusal, unreachable
from studio_detector.client.steps import Broken, Open, Pause, Reply, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.client.errors import RemoteError
    from studio_detector.client.steps import Request, Steps

# 429 and 503 say that nothing was done; 502 and 504 come from what stands in between.
_NOTHING_DONE = frozenset({429, 503})
_PASSING = frozenset({429, 502, 503, 504})
# Codes under these statuses that asking again does not change: they are about the picture.
_LASTING = frozenset({"fetch_failed", "fetch_timeout", "fetch_refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and when a request is sent again.

    Pauses double from ``first_s`` to ``most_s``, each shortened by up to a half at random; a
    ``Retry-After`` of the service comes before that.

    Attributes:
        tries: Times in all; 1 never sends again.
        first_s: Pause before the second try.
        most_s: Longest pause; a service that asks for a longer one is not asked again.
    """

    tries: int = 5
    first_s: float = 0.5
    most_s: float = 60.0

    def pause_s(self, failures: int, retry_after_s: float | None, chance: float) -> float | None:
        """Seconds to wait after so many failures; None to give up.

        Args:
            failures: Tries that failed, from 1.
            retry_after_s: What the service asked for; None if it did not.
            chance: At random, 0..1.
        """
        if failures >= self.tries:
            return None
        if retry_after_s is not None:
            # A little later, so that those who were told the same do not come at once.
            return retry_after_s * (1 + chance / 10) if retry_after_s <= self.most_s else None
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 60))
        return longest * (0.5 + 0.5 * chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What all calls share.

    Attributes:
        origin: Address of the service for messages, without credentials.
        policy: When to send again.
        clock: Seconds that never go back.
        chance: At random, 0..1.
        new_key: Makes keys that no other request has.
    """

    origin: str
    policy: RetryPolicy
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    new_key: Callable[[], str] = lambda: str(uuid4())


def exchange(core: Core, request: Request) -> Steps[Reply]:
    """Send a request, again if that may help, and come to a success.

    Raises:
        RemoteError: With the code of the service, or ``service_unreachable``.
    """
    return (yield from _tried(core, request, Send))


def opened(core: Core, request: Request) -> Steps[Reply]:
    """Likewise, and leave the answer unread."""
    return (yield from _tried(core, request, Open))


def json_of(reply: Reply) -> Any:  # noqa: ANN401 - whatever the service sent
    """The JSON of an answer.

    Raises:
        RemoteError: ``service_unreachable`` if it is none.
    """
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise misunderstood("is no JSON") from error


def _tried(core: Core, request: Request, kind: type[Send | Open]) -> Steps[Reply]:
    failures = 0
    while True:
        reply: Reply | Broken = yield kind(request)
        if isinstance(reply, Reply) and reply.is_success:
            return reply
        failures += 1
        error, may_repeat = _judged(core, request, reply)
        pause_s = core.policy.pause_s(failures, error.retry_after_s, core.chance())
        if not may_repeat or pause_s is None:
            raise error
        yield Pause(pause_s)


def _judged(core: Core, request: Request, reply: Reply | Broken) -> tuple[RemoteError, bool]:
    """What went wrong, and whether sending the request again is right."""
    if isinstance(reply, Broken):
        error = unreachable(core.origin, reply.reason)
        return error, request.is_repeatable or not reply.was_sent
    error = refusal(reply.status, reply.body, _retry_after_s(reply))
    passing = _PASSING if request.is_repeatable else _NOTHING_DONE
    return error, reply.status in passing and error.code not in _LASTING


def _retry_after_s(reply: Reply) -> float | None:
    """``Retry-After`` in either of its forms; None without one or if it makes no sense."""
    text = reply.headers.get("retry-after", "")
    try:
        if text.isdigit():
            return float(text)
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
