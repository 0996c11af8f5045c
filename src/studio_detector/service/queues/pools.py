"""Which threads serve which queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
_SHARING: tuple[Queue, ...] = ("high", "standard")
_DETAIL: Queue = "detail"
_ANALYSING: frozenset[Queue] = frozenset({"high", "standard", "detail"})


def pools_of(queues: Collection[Queue], *, workers: int, split_phases: bool) -> Pools:
    """Lay out the pools of a worker.

    ``high`` and ``standard`` share threads, one more than there are to be analyses at once:
    standard work leaves it free, so that urgent work never waits for a thread, and takes every
    other thread first. ``detail`` has threads of its own where phases are split; where they are
    not, only jobs are left there that were split before, and come last.

    Args:
        queues: What the worker serves.
        workers: Pictures that are to be analysed at once.
        split_phases: Whether details are looked at in their own queue.
    """
    together = _SHARING if split_phases else (*_SHARING, _DETAIL)
    shared = tuple(queue for queue in together if queue in queues)
    pools: dict[tuple[Queue, ...], int] = {}
    if shared:
        pools[shared] = workers + 1 if shared[0] == "high" and len(shared) > 1 else workers
    if _DETAIL in queues and _DETAIL not in shared:
        pools[_DETAIL,] = max(1, workers // 2) if shared else workers
    if "webhook" in queues:
        pools["webhook",] = _WEBHOOK_THREADS
    if "maintenance" in queues:
        pools["maintenance",] = 1
    return pools


def analysing_threads(pools: Pools) -> int:
    """Count the threads that analyse; with as many child processes none waits for another."""
    return sum(threads for queues, threads in pools.items() if _ANALYSING.intersection(queues))
