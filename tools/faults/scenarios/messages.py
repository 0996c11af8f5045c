"""Messages that come three times, late, in any order, in the wrong queue, or never."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, get_args

from studio_detector.service.queues.open import make_broker
from studio_detector.service.records import Queue
from studio_detector.service.settings import ServiceSettings
from tools.faults.play import Scenario
from tools.faults.service import MODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.faults.stage import Stage

_TIMES = 3
#: Every so manieth message goes to a queue that is not the job's.
_ASTRAY_EVERY = 10
_QUEUES: tuple[Queue, ...] = get_args(Queue)


async def double_messages(stage: Stage) -> str:
    """Send every job three times over, shuffled."""
    if not stage.is_scaled:
        return await _double_inside(stage)
    stage.prepare()
    await stage.start_apis()
    await stage.post_all()
    sent = await asyncio.to_thread(_send, stage, stage.database.queued())
    await stage.start_workers(2)
    return f"{sent} messages beside the {stage.jobs} of the service, shuffled, some astray"


async def _double_inside(stage: Stage) -> str:
    # Nobody but the process itself reaches its queues.
    await stage.open(runner=("-m", "tools.faults.noisy_broker"))
    stage.begin()
    return "each message three times, half of them late, shuffled, one in twenty never"


def _send(stage: Stage, job_ids: Sequence[str]) -> int:
    broker = make_broker(
        ServiceSettings(
            broker_url=stage.service.broker_url,
            database_url=stage.service.database_url,
            namespace=stage.service.namespace,
        )
    )
    names = [uuid.UUID(job_id) for job_id in job_ids] * _TIMES
    # Some of no job at all.
    names += [uuid.UUID(int=stage.chance.getrandbits(128)) for _ in range(len(job_ids) // 10)]
    stage.chance.shuffle(names)
    try:
        for number, name in enumerate(names):
            is_astray = number % _ASTRAY_EVERY == 0
            queue = stage.chance.choice(_QUEUES) if is_astray else "standard"
            if not broker.send(queue, name):
                raise AssertionError("the broker takes no message")
    finally:
        broker.close()
    return len(names)


SCENARIOS = (
    Scenario(
        name="messages-doubled",
        title="Every message three times and out of order",
        modes=MODES,
        play=double_messages,
    ),
)
