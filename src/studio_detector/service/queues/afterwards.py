"""What follows the end of jobs: caches, waiters and the place of pictures learn of it."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.queues.remembering import forget, remember
from studio_detector.service.queues.retention import spared

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from studio_detector.service.queues.parts import WorkerParts
    from studio_detector.service.records import Job

_log = logging.getLogger(__name__)


def follow_up(parts: WorkerParts, jobs: Sequence[Job]) -> None:
    """Tell everybody else; what is lost here, the sweeper or the next request makes good.

    Args:
        parts: The parts of the service.
        jobs: As the store has them after a try.
    """
    over = [job for job in jobs if job.is_over]
    try:
        for job in over:
            remember(parts.cache, job, parts.settings.result_cache_s)
    finally:
        parts.watch.notify(*over)
    for tenant, some in _by_tenant(over).items():
        _settle(parts, tenant, some)
    for job in jobs:
        if job.queue == "detail" and not job.is_over:
            _send_on(parts, job)


def throw_away(parts: WorkerParts, tenant: str, image_hashes: Sequence[str]) -> None:
    """Delete pictures that nobody wants any more; the sweeper deletes what this does not.

    Args:
        parts: The parts of the service.
        tenant: Whose.
        image_hashes: Which.
    """
    try:
        _forget_pictures(parts, tenant, image_hashes)
    except BusyError as error:
        _log_later(error)


def _settle(parts: WorkerParts, tenant: str, over: Sequence[Job]) -> None:
    """Delete the pictures of jobs, and have the cache forget results that were erased since."""
    asked = [job.result_id for job in over if job.result_id is not None]
    there: list[UUID] = []

    def look() -> None:
        # After all are remembered: whoever erases a result later forgets it after that.
        there[:] = parts.store.results.are_there(tenant, asked)

    def look_and_delete() -> None:
        look()
        hashes = [job.image_hash for job in over if job.image_hash is not None]
        _forget_pictures(parts, tenant, hashes)

    try:
        if parts.settings.keep_pictures_s == 0:
            parts.store.at_once(look_and_delete)
        else:
            look()
    except BusyError as error:
        _log_later(error)
    erased = set(asked).difference(there)
    for job in over:
        if job.result_id in erased and job.image_hash is not None:
            forget(parts.cache, tenant, job.image_hash, job.work)


def _forget_pictures(parts: WorkerParts, tenant: str, image_hashes: Sequence[str]) -> None:
    now = parts.store.clock()
    parts.store.pictures.forget_some(
        tenant,
        image_hashes,
        before=now,
        delete=lambda image_hash: parts.blobs.delete(blob_key(tenant, image_hash)),
        spared=spared(parts.settings.keep_failed_pictures_s, now),
    )


def _log_later(error: BusyError) -> None:
    _log.info("pictures are deleted later: %s", error.message)


def _by_tenant(jobs: Iterable[Job]) -> dict[str, list[Job]]:
    found: defaultdict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        found[job.tenant].append(job)
    return found


def _send_on(parts: WorkerParts, job: Job) -> None:
    """Have the details looked at, unless the job waits for something else."""
    if job.retry_at is not None or job.leader_id is not None:
        return
    try:
        if parts.broker.send("detail", job.id):
            parts.store.jobs.sent([job.id])
    except BusyError as error:
        _log.info("the sweeper sends it again: %s", error.message)
