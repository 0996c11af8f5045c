"""Which threads serve which queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.records import JOB_QUEUES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import TypeAlias

    from studio_detector.service.records import Queue

    #: Queues, the most urgent first -> threads that serve them; see `Broker.consume`.
    Pools: TypeAlias = Mapping[tuple[Queue, ...], int]

#: Every queue there is.
QUEUES: tuple[Queue, ...] = ("high", "standard", "detail", "webhook", "maintenance")

# A callback waits for its receiver, who may take seconds; the threads cost nothing meanwhile.
_WEBHOOK_THREADS = 8
# Threads that claim the next job, or store the last result, while every child has a picture:
# without them a child waits some 4 ms for the database between pictures of 11 ms.
_AHEAD = 2
_SHARING: tuple[Queue, ...] = ("high", "standard")
_DETAIL: Queue = "detail"
_ANALYSING = frozenset(JOB_QUEUES)


def pools_of(queues: Collection[Queue], *, workers: int, split_phases: bool) -> Pools:
    """Lay out the pools of a worker.

    ``high`` and ``standard`` share threads. Standard work leaves one of them free, so that urgent
    work never waits for a thread, and urgent work takes every other one first. ``detail`` has
    threads of its own where phases are split; where they are not, only jobs are left there that
    were split before, and come last.

    Args:
        queues: What the worker serves.
        workers: Pictures that are to be analysed at once.
        split_phases: Whether details are looked at in their own queue.
    """
    together = _SHARING if split_phases else (*_SHARING, _DETAIL)
    shared = tuple(queue for queue in together if queue in queues)
    pools: dict[tuple[Queue, ...], int] = {}
    if shared:
        pools[shared] = workers + _keeps_one(shared) + _AHEAD
    if _DETAIL in queues and _DETAIL not in shared:
        pools[_DETAIL,] = max(1, workers // 2) if shared else workers
    if "webhook" in queues:
        pools["webhook",] = _WEBHOOK_THREADS
    if "maintenance" in queues:
        pools["maintenance",] = 1
    return pools


def children_of(pools: Pools) -> int:
    """Count the child processes that the threads of a worker keep busy, one for urgent work."""
    return sum(
        threads - (_AHEAD if _ANALYSING.intersection(queues) - {_DETAIL} else 0)
        for queues, threads in pools.items()
        if _ANALYSING.intersection(queues)
    )


def kept_of(pools: Pools) -> int:
    """Count those of `children_of` that other work leaves free for urgent work.

    A worker for one class alone has nobody to keep one for.
    """
    return sum(map(_keeps_one, pools))


def _keeps_one(queues: tuple[Queue, ...]) -> bool:
    return queues[0] == "high" and len(queues) > 1
