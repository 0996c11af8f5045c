"""Plays one scenario in one mode, and counts."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tools.faults.audit import audit
from tools.faults.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tools.faults.fleet import Fleet

_LOOKED_AT = 20
_ALL = 1 << 30
_TRACEBACK = "Traceback (most recent call last)"


class SkippedError(RuntimeError):
    """A scenario cannot play here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One fault.

    Attributes:
        name: On the command line.
        title: What is done, for the table.
        modes: Where it plays.
        play: Does it and says in a few words what happened. It opens the stage and posts.
        share: Part of the jobs asked for, where each costs more than analysis.
    """

    name: str
    title: str
    modes: Sequence[str]
    play: Callable[[Stage], Awaitable[str]]
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it; numbers as in `Audit`.

    Attributes:
        scenario: Name.
        mode: Mode.
        tracebacks: Defects that the service has logged about itself.
        seconds: From the first post to the end of the last job.
        remark: In words.
        problems: Everything that is not as it must be.
    """

    scenario: str
    mode: str
    jobs_in: int = 0
    done: int = 0
    dead: int = 0
    results: int = 0
    stored_twice: int = 0
    ended_twice: int = 0
    lost: int = 0
    attempts: int = 0
    tracebacks: int = 0
    seconds: float = 0.0
    remark: str = ""
    problems: Sequence[str] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def play(scenario: Scenario, fleet: Fleet, mode: str, jobs: int, **options: Any) -> Outcome:  # noqa: ANN401 - Stage's
    """Play it.

    Args:
        scenario: What.
        fleet: The servers.
        mode: One of the scenario's.
        jobs: How many are posted.
        options: For `Stage`.

    Raises:
        SkippedError: It cannot play here.
    """
    stage = Stage(fleet, mode, max(1, round(jobs * scenario.share)), **options)
    return asyncio.run(_play(scenario, stage))


async def _play(scenario: Scenario, stage: Stage) -> Outcome:
    began = time.monotonic()
    problems: list[str] = []
    remark, found = "", None
    try:
        try:
            remark = await scenario.play(stage)
            await stage.settled()
        except SkippedError:
            raise
        except (RuntimeError, AssertionError) as error:
            if not stage.is_open:
                raise
            problems.append(f"{type(error).__name__}: {error}")
        seconds = time.monotonic() - (stage.began or began)
        found = audit(stage.poster.accepted, stage.database.truth())
        problems += [*found.problems, *stage.poster.problems]
        problems += await _seen_from_outside(stage)
    finally:
        problems += await stage.close()
        if stage.is_open and problems:
            print(stage.service.said())
        elif stage.is_open and (tracebacks := stage.service.said(_ALL).count(_TRACEBACK)):
            print(f"{tracebacks} tracebacks:\n{_first_traceback(stage.service.said(_ALL))}")
    refused = sum(stage.poster.refused.values())
    told = f"{remark}; {refused} posts repeated" if refused else remark
    return Outcome(
        scenario=scenario.name,
        mode=stage.mode,
        seconds=round(seconds, 1),
        remark=told,
        tracebacks=stage.service.said(_ALL).count(_TRACEBACK),
        **{key: value for key, value in asdict(found).items() if key != "problems"},
        problems=problems,
    )


async def _seen_from_outside(stage: Stage) -> list[str]:
    """Whether the API tells what the database says, for some jobs."""
    address = stage.service.addresses[0]
    accepted = stage.poster.accepted
    states = {job.id: job.state for job in stage.database.truth().jobs}
    problems = []
    for one in stage.chance.sample(accepted, min(_LOOKED_AT, len(accepted))):
        status, answer = await stage.poster.get(address, f"/api/v1/jobs/{one.job_id}")
        told = answer.get("state") if status == 200 else status
        if told != states.get(one.job_id):
            problems.append(f"the API tells {told} of {one.job_id}: {states.get(one.job_id)}")
    status, _ = await stage.poster.get(address, "/readyz")
    if status != 200:
        problems.append(f"/readyz answers {status} at the end")
    return problems


def _first_traceback(text: str) -> str:
    """With the line before it."""
    start = text.rfind("\n", 0, max(0, text.find(_TRACEBACK) - 1))
    return text[max(0, start) : start + 6000]
