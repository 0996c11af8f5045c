"""Servers stopped, killed, frozen, and back again during a run."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from tools.faults.play import Scenario

if TYPE_CHECKING:
    from tools.faults.servers import Server
    from tools.faults.stage import Stage

#: How each outage begins, and how long it lasts in seconds.
_OUTAGES = (("stopped", 3.0), ("killed", 3.0), ("killed", 0.0), ("frozen", 5.0))
_OUTAGES_IN_SHORT = (("killed", 1.0),)


async def stop_redis(stage: Stage) -> str:
    """Redis carries messages, or remembers results only."""
    return await _outages(stage, stage.fleet.redis)


async def stop_rabbitmq(stage: Stage) -> str:
    """RabbitMQ carries messages."""
    return await _outages(stage, stage.fleet.rabbitmq)


async def stop_postgres(stage: Stage) -> str:
    """PostgreSQL is the truth itself."""
    return await _outages(stage, stage.fleet.postgres)


async def _outages(stage: Stage, server: Server) -> str:
    await stage.open(workers=2)
    stage.begin()
    outages = _OUTAGES_IN_SHORT if stage.is_short else _OUTAGES
    async for number in stage.strikes(len(outages)):
        how, lasting_s = outages[number - 1]
        if how == "frozen":
            server.process.tell_all(signal.SIGSTOP)
            await asyncio.sleep(lasting_s)
            server.process.tell_all(signal.SIGCONT)
            continue
        await asyncio.to_thread(server.stop if how == "stopped" else server.kill)
        await asyncio.sleep(lasting_s)
        await asyncio.to_thread(server.start)
    told = ", ".join(f"{how} for {lasting_s:.0f} s" for how, lasting_s in outages)
    return f"{told.replace(' for 0 s', ' and started at once')}"


SCENARIOS = (
    Scenario(
        name="redis-stopped",
        title="Redis stopped, killed, frozen, and back again",
        modes=("redis", "rabbitmq"),
        play=stop_redis,
    ),
    Scenario(
        name="rabbitmq-stopped",
        title="RabbitMQ stopped, killed, frozen, and back again",
        modes=("rabbitmq",),
        play=stop_rabbitmq,
    ),
    Scenario(
        name="postgres-stopped",
        title="PostgreSQL stopped, killed, frozen, and back again",
        modes=("redis", "rabbitmq"),
        play=stop_postgres,
    ),
)
