"""Some jobs tried one after the other, with their beginnings and their ends written together.

A transaction costs about as much as what one job has to write in it, and jobs that lie beside
one another change the same pages. Their pictures are analysed one by one, and what is no plain
verdict on a picture is told to the store by itself.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.logs.context import bound
from studio_detector.service.queues.afterwards import follow_up
from studio_detector.service.queues.following import followed, ids_of, note_end
from studio_detector.service.queues.outcomes import Found
from studio_detector.service.queues.work import outcome_of, run_job, tell
from studio_detector.service.records import NewResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from studio_detector.service.queues.following import Followed
    from studio_detector.service.queues.leases import Leases
    from studio_detector.service.queues.parts import WorkerParts
    from studio_detector.service.queues.patience import Patience
    from studio_detector.service.records import Job

_log = logging.getLogger(__name__)

#: Jobs at most: with more the gain grows little, and others wait longer for the database.
MOST_TOGETHER = 4
# So long a verdict waits for those that are written with it.
_LONGEST_S = 0.3
# After so long, what was not begun is left to others: a picture may hang until its time is up.
_LONGEST_HELD_S = 1.0


def run_jobs(
    parts: WorkerParts,
    leases: Leases,
    patience: Patience,
    job_ids: Sequence[UUID],
    stand_back: Callable[[], None],
    give_back: Callable[[Sequence[UUID]], None],
) -> None:
    """Try some jobs once each; see `run_job`.

    Args:
        parts: The parts of the service.
        leases: Keep the jobs this worker's until the last of them has ended.
        patience: Waits for the database and the pictures while they are away.
        job_ids: The jobs. The first is tried in any case.
        stand_back: See `run_job`.
        give_back: Called before any is tried, with those of the others that cannot be tried
            together with it, see `WorkerJobs.claim_new`; and with those that are left to others
            since the ones before them took long.

    Raises:
        BusyError: If a part stays away or the process is to end: what has not ended goes back
            as it was.
    """
    if len(job_ids) == 1:
        run_job(parts, leases, patience, job_ids[0], stand_back)
        return
    stand_back()
    with leases.owner() as owner:
        jobs, kept = patience.ask(partial(_begun, parts, job_ids, owner))
        begun_s = time.perf_counter()
        claimed = {job.id for job in jobs}
        give_back([job_id for job_id in job_ids[1:] if job_id not in claimed])
        ends = _Ends(parts, patience, owner, stand_back)
        failed: Exception | None = None
        try:
            for at, job in enumerate(jobs):
                if patience.stopping.is_set():
                    raise BusyError("the process is about to end", code="draining")
                held_s = time.perf_counter() - begun_s
                if at and held_s > _LONGEST_HELD_S:
                    rest = [job.id for job in jobs[at:]]
                    patience.ask(partial(parts.store.jobs.release, owner, rest))
                    give_back(rest)
                    break
                try:
                    ends.take(_having_waited(job, held_s), kept.get(job.id))
                except BusyError:
                    raise
                except Exception as error:  # noqa: BLE001 - raised once the others are tried
                    failed = failed or error
        finally:
            ends.write()
        if failed is not None:
            raise failed
    if job_ids[0] not in claimed:
        run_job(parts, leases, patience, job_ids[0], stand_back)


def _begun(
    parts: WorkerParts, job_ids: Sequence[UUID], owner: str
) -> tuple[list[Job], dict[UUID, Callable[[], bytes]]]:
    """Those of the jobs that are this worker's now, and what gives their pictures."""

    def steps() -> tuple[list[Job], dict[UUID, Callable[[], bytes]]]:
        jobs = parts.store.jobs.claim_new(job_ids, owner)
        keys = {job.id: blob_key(job.tenant, job.image_hash) for job in jobs if job.image_hash}
        found = parts.blobs.find(list(keys.values()))
        return jobs, {job_id: found[key] for job_id, key in keys.items() if key in found}

    return parts.store.at_once(steps)


def _having_waited(job: Job, held_s: float) -> Job:
    """A job that waited for so long after it was claimed, too."""
    return job if job.waited_s is None else replace(job, waited_s=job.waited_s + held_s)


@dataclass(frozen=True, slots=True)
class _End:
    """A verdict that the store is not told of yet."""

    job: Job
    result: NewResult
    told: Followed
    traceparent: str | None


@dataclass(slots=True)
class _Ends:
    """Tries of jobs, and those of their ends that are to be written together."""

    parts: WorkerParts
    patience: Patience
    owner: str
    stand_back: Callable[[], None]
    waiting: list[_End] = field(default_factory=list)

    def take(self, job: Job, kept: Callable[[], bytes] | None) -> None:
        """Try a job, and have its end written at once or with those of the next ones."""
        parts = self.parts
        if job.near_duplicates:
            self.write()  # its look-alike may be among those that wait
        with followed(parts, job, self.owner) as told:
            outcome = outcome_of(parts, self.patience, job, self.stand_back, kept)
            if isinstance(outcome, Found) and isinstance(outcome.result, NewResult):
                told.is_put_off = True
                self.waiting.append(_End(job, outcome.result, told, parts.tracer.here()))
            elif outcome is not None:
                self.stand_back()
                told.ended = tell(parts, self.patience, job, outcome)
        if told.ended is not None:
            with bound(**ids_of(told.ended)):
                follow_up(parts, [told.ended])
        if self.waiting and time.perf_counter() - self.waiting[0].told.begun_s > _LONGEST_S:
            self.write()

    def write(self) -> None:
        """Tell the store of all that waits, and everybody else."""
        ends, self.waiting = self.waiting, []
        if not ends:
            return
        self.stand_back()
        failed: BusyError | None = None
        try:
            self._tell(ends)
        except BusyError as error:
            failed = error
            raise
        finally:
            for end in ends:
                is_told = end.told.ended is not None
                note_end(self.parts, end.job, self.owner, end.told, None if is_told else failed)
            self.stand_back()
            follow_up(self.parts, [end.told.ended for end in ends if end.told.ended is not None])

    def _tell(self, ends: Sequence[_End]) -> None:
        for end, ended in zip(ends, self._written(ends) or (), strict=False):
            end.told.ended = ended
            self.parts.metrics.verdicts.given(end.result)
        failed: Exception | None = None
        for end in ends:
            if end.told.ended is None:
                found = Found(end.result, "analysed")
                try:
                    with bound(**ids_of(end.job), worker=self.owner):
                        end.told.ended = tell(self.parts, self.patience, end.job, found)
                except BusyError:
                    raise
                except Exception as error:  # noqa: BLE001 - raised once the others are told
                    failed = failed or error
        if failed is not None:
            raise failed

    def _written(self, ends: Sequence[_End]) -> list[Job] | None:
        """The jobs as they are now; None if one of them spoils it for all."""
        parts, begun_at = self.parts, datetime.now(UTC)
        rows = [(end.job.id, end.job.lease_token or "", end.result) for end in ends]
        try:
            with parts.metrics.stages.timed("store", len(ends)):
                written = self.patience.ask(lambda: parts.store.jobs.finish_all(rows))
        except BusyError:
            raise
        except Exception as error:  # noqa: BLE001 - it fails again for the one that it is of
            _log.warning("%d verdicts are stored one by one: %s", len(ends), type(error).__name__)
            return None
        for end in ends if written is not None else ():
            if end.traceparent is not None:
                parts.tracer.past("store", begun_at, datetime.now(UTC), parent=end.traceparent)
        return written
