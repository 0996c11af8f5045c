"""Jobs in, results out: whether every accepted job ended exactly once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tools.faults.truth import JobRow, ResultRow, Truth

#: So many of one kind are named; the rest is counted.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A job that the service has answered for.

    Attributes:
        job_id: 32 hex digits.
        image_hash: SHA-256 of what was posted, hex.
        codes: Codes with which the job may be dead; none if it must be done.
        may_be_done: Whether it may also be done, if ``codes`` are given.
    """

    job_id: str
    image_hash: str
    codes: frozenset[str] = frozenset()
    may_be_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What came of the jobs.

    Attributes:
        jobs_in: Accepted.
        done: Of these.
        dead: Of these.
        results: Rows.
        stored_twice: Rows beyond one for each picture, variant and pipeline version, and jobs
            that nobody was told of.
        ended_twice: Jobs that became done or dead more than once.
        lost: Accepted, and neither done nor dead.
        attempts: Tries of all jobs together.
        problems: All of it in words, and everything else that is not as it must be.
    """

    jobs_in: int
    done: int
    dead: int
    results: int
    stored_twice: int
    ended_twice: int
    lost: int
    attempts: int
    problems: tuple[str, ...] = field(default=())


def audit(accepted: Sequence[Accepted], truth: Truth) -> Audit:
    """Compare what was promised with what is there.

    Args:
        accepted: Every job that the service has answered for, once for each answer.
        truth: What the database says, when nothing waits or runs any more.
    """
    rows = {job.id: job for job in truth.jobs}
    promised = {one.job_id: one for one in accepted}
    found = {job_id: rows.get(job_id) for job_id in promised}
    lost = [job_id for job_id, job in found.items() if job is None or not _is_over(job)]
    unasked = [job.id for job in truth.jobs if job.id not in promised]
    keys = Counter(result.key for result in truth.results)
    doubles = [f"{key[1][:12]} x {count}" for key, count in keys.items() if count > 1]
    ended_twice = [job_id for job_id, times in truth.ends.items() if times > 1]
    unseen = [
        job_id for job_id, job in found.items() if job and _is_over(job) and not truth.ends[job_id]
    ]
    states = Counter(job.state for job in found.values() if job)
    problems = [
        *_told("lost", (f"{job_id} {_state(found[job_id])}" for job_id in lost)),
        *_told("stored though nobody was told of them", unasked),
        *_told("results stored more than once", doubles),
        *_told("ended more than once", ended_twice),
        *_told("over without having ended", unseen),
        *_told("promised to several requests", _shared(accepted)),
        *_told("not as posted", _unlike(promised, rows, truth.results)),
    ]
    pictures = {job.image_hash for job in truth.jobs if job.state == "done"}
    if len(truth.results) != len(pictures):
        problems.append(f"{len(truth.results)} results of {len(pictures)} pictures")
    return Audit(
        jobs_in=len(promised),
        done=states["done"],
        dead=states["dead"],
        results=len(truth.results),
        stored_twice=sum(keys.values()) - len(keys) + len(unasked),
        ended_twice=len(ended_twice),
        lost=len(lost),
        attempts=sum(job.attempts for job in truth.jobs),
        problems=tuple(problems),
    )


def _unlike(
    promised: dict[str, Accepted], rows: dict[str, JobRow], results: Iterable[ResultRow]
) -> Iterable[str]:
    """Jobs that ended otherwise than their picture must."""
    pictures = {result.id: result.image_hash for result in results}
    for job_id, one in promised.items():
        job = rows.get(job_id)
        if job is None or not _is_over(job):
            continue
        if job.image_hash != one.image_hash:
            yield f"{job_id} is about {job.image_hash}, posted was {one.image_hash}"
        if job.state == "dead" and job.error_code not in one.codes:
            yield f"{job_id} is dead: {job.error_code}"
        if job.state == "done" and one.codes and not one.may_be_done:
            yield f"{job_id} is done and should be dead: {', '.join(sorted(one.codes))}"
        if job.state == "done" and pictures.get(job.result_id or "") != one.image_hash:
            yield f"{job_id} is done with {job.result_id}, no result of its picture"


def _shared(accepted: Sequence[Accepted]) -> Iterable[str]:
    """Jobs that were promised to two requests."""
    times = Counter(one.job_id for one in accepted)
    return [f"{job_id} x {count}" for job_id, count in times.items() if count > 1]


def _told(what: str, which: Iterable[str]) -> list[str]:
    named = list(which)
    if not named:
        return []
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return [f"{len(named)} {what}: {'; '.join(named[:_NAMED])}{more}"]


def _is_over(job: JobRow) -> bool:
    return job.state in {"done", "dead"}


def _state(job: JobRow | None) -> str:
    return "is not there" if job is None else f"is {job.state} ({job.error_code})"
