"""Jobs: how long they waited and took, and how their tries ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from studio_detector.service.metrics.labels import Closed
from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import counter, histogram
from studio_detector.service.records import JOB_QUEUES

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from studio_detector.service.metrics.errors import ErrorMetrics

#: How a try of a job ends: with a result ("cached" one that was there by then), dead ("failed"), to
#: be tried again, with details to follow in their own queue, following another job ("settled"),
#: with its lease lost, or given back since a part was away or the process stops.
End: TypeAlias = Literal[
    "analysed",
    "near_duplicate",
    "cached",
    "failed",
    "retried",
    "handed_on",
    "settled",
    "lost",
    "given_back",
]

_ENDS = Closed(frozenset(get_args(End)))
_QUEUES = Closed(frozenset(JOB_QUEUES))
_DEAD = "failed"


class JobMetrics:
    """Counts jobs.

    Args:
        registry: Where.
        errors: Counts errors.
    """

    def __init__(self, registry: CollectorRegistry, errors: ErrorMetrics) -> None:
        self._errors = errors
        self._wait = histogram(registry, "studio_queue_wait_seconds")
        self._duration = histogram(registry, "studio_job_duration_seconds")
        self._ended = counter(registry, "studio_jobs_ended_total")

    @quietly
    def tried(
        self, queue: str, waited_s: float | None, took_s: float, end: str, code: str | None
    ) -> None:
        """A try has ended.

        Args:
            queue: Which its job was in.
            waited_s: Seconds that the job waited for it; None if that is not known.
            took_s: Seconds from its claim until the store was told its end.
            end: An `End`.
            code: Of its error; None without.
        """
        name = _QUEUES.of(queue)
        if waited_s is not None:
            self._wait.labels(name).observe(waited_s)
        self._duration.labels(name).observe(took_s)
        self._ended.labels(name, _ENDS.of(end)).inc()
        if end == _DEAD:
            self._errors.met(code)

    @quietly
    def died(self, queue: str, code: str | None) -> None:
        """A job died without another try, since all of them were used up.

        Args:
            queue: Which it was in.
            code: Of its error.
        """
        self._ended.labels(_QUEUES.of(queue), _DEAD).inc()
        self._errors.met(code)
