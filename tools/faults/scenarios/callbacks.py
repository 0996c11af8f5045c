"""Receivers of callbacks that are down, slow, or answer 500 first."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import secrets
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tools.faults import pictures
from tools.faults.clock import move
from tools.faults.play import Scenario
from tools.faults.receiver import Receiver, events_of
from tools.faults.scenarios.clock import movable_clock
from tools.faults.service import MODES
from tools.faults.truth import plain_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tools.faults.receiver import Event
    from tools.faults.stage import Stage
    from tools.faults.truth import DeliveryRow

_TIMEOUT_S = 1.0
#: A receiver is left alone for so long once it has failed; most callbacks of the one that is down
#: are put off by that, and their turn comes one by one.
_PAUSE_S = 2.0
_KINDS = ("good", "down", "slow", "flaky")
_HOUR_S = 3600
#: Tries that are nearer are waited for; to others the clock is moved.
_SOON_S, _SOON_IN_SHORT_S = 10.0, 1.0
_MOST_HOURS = 26
#: Longer than the lease of a callback.
_STILL_S = 90.0
_POLL_S = 0.1


async def call_back(stage: Stage) -> str:
    """A quarter of the jobs tells each kind of receiver."""
    secret = secrets.token_bytes(32)
    receivers = [Receiver(kind, secret, slow_s=2 * _TIMEOUT_S) for kind in _KINDS]
    clock, parts = movable_clock(stage)
    await stage.open(
        settings={
            "callback_secrets": [f"whsec_{base64.b64encode(secret).decode()}"],
            "callback_timeout_s": _TIMEOUT_S,
            "breaker_pause_s": _PAUSE_S,
            "fetch_private": ["127.0.0.0/8"],
            "fetch_ports": ["*"],
        },
        **parts,
    )
    posted = [
        dataclasses.replace(
            picture,
            callback_url=f"http://127.0.0.1:{receivers[number % len(_KINDS)].port}/told/{number}",
        )
        for number, picture in enumerate(pictures.good(stage.jobs, stage.seed))
    ]
    async with contextlib.AsyncExitStack() as stack:
        for receiver in receivers:
            stack.callback(receiver.close)
            if receiver.kind != "down":
                await stack.enter_async_context(receiver.listening())
        stage.begin(posted)
        await stage.settled()
        await _until(
            stage, lambda rows: all(row.attempts or row.retry_at for row in rows), "the first tries"
        )
        for receiver in receivers:
            if receiver.kind == "down":
                await stack.enter_async_context(receiver.listening())
        hours = await _delivered(stage, clock)
    events = events_of(receivers)
    _check(stage, events)
    tries = Counter(event.kind for event in events)
    told = ", ".join(f"{tries[kind]} {kind}" for kind in _KINDS)
    return f"requests by kind of receiver: {told}; {hours} h of retries passed by moving the clock"


async def _delivered(stage: Stage, clock: Path) -> int:
    """Wait until all are delivered, and move the clock where the next try is far away.

    Returns:
        Hours moved.

    Raises:
        AssertionError: A day did not do.
    """
    soon_s = _SOON_IN_SHORT_S if stage.is_short else _SOON_S
    hours, still_since = 0, time.monotonic()
    before: object = None
    while rest := [row for row in stage.database.deliveries() if row.state == "pending"]:
        if (now := [(row.id, row.attempts) for row in rest]) != before:
            before, still_since = now, time.monotonic()
        ahead_s = hours * _HOUR_S
        next_s = min(row.retry_at for row in rest) - time.time() - ahead_s
        if next_s > soon_s and not any(row.is_tried for row in rest):
            hours += 1
            move(clock, hours * _HOUR_S)
            if stage.is_scaled:
                stage.fleet.postgres.move_clock(hours * _HOUR_S)
            still_since = time.monotonic()
        elif time.monotonic() - still_since > _STILL_S:
            raise AssertionError(f"{len(rest)} callbacks are due and nobody tries them")
        if hours > _MOST_HOURS:
            break
        await asyncio.sleep(_POLL_S)
    states = Counter(row.state for row in stage.database.deliveries())
    if set(states) != {"delivered"}:
        raise AssertionError(f"not delivered within a day: {dict(states)}")
    return hours


async def _until(stage: Stage, is_so: Callable[[Sequence[DeliveryRow]], bool], what: str) -> None:
    await stage.until(lambda: is_so(stage.database.deliveries()), what)


def _check(stage: Stage, events: Sequence[Event]) -> None:
    """Each job's end was told, under one name, in the same words, signed.

    Raises:
        AssertionError: It was not.
    """
    rows = stage.database.deliveries()
    problems = list(_rows_fit(stage, rows))
    by_job: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if not event.is_genuine:
            problems.append(f"{event.kind}: the signature of {event.webhook_id} does not fit")
        by_job[event.job_id].append(event)
    ids = {plain_id(row.id): row.job_id for row in rows}
    for one in stage.poster.accepted:
        told = by_job.pop(one.job_id, [])
        if not any(event.is_taken for event in told):
            problems.append(f"the end of {one.job_id} was never told")
        if len({(event.webhook_id, event.body) for event in told}) > 1:
            problems.append(f"the end of {one.job_id} was told under several names or in words")
        if any(ids.get(plain_id(event.webhook_id)) != one.job_id for event in told):
            problems.append(f"{one.job_id} was told under a name of none of its deliveries")
    if by_job:
        problems.append(f"told about {len(by_job)} jobs that nobody asked for")
    if problems:
        raise AssertionError("; ".join(problems[:5]) + f" ({len(problems)} in all)")


def _rows_fit(stage: Stage, rows: Sequence[DeliveryRow]) -> Sequence[str]:
    times = Counter(row.job_id for row in rows)
    wrong = [one.job_id for one in stage.poster.accepted if times[one.job_id] != 1]
    return [f"{len(wrong)} jobs have not one delivery: {wrong[:3]}"] if wrong else []


SCENARIOS = (
    Scenario(
        name="callbacks",
        title="Callback receivers down, slow, answering 500 then 200",
        modes=MODES,
        play=call_back,
        share=0.1,
    ),
)
