"""Throws away what was kept for a while: pictures, results, idempotency keys and nonces."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.service.blobs.base import blob_key, split_key
from studio_detector.service.queues.forgetting import forget_elsewhere
from studio_detector.service.queues.outcomes import PICTURE_FAULTS
from studio_detector.service.store import Spared, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from studio_detector.service.blobs import Blobs
    from studio_detector.service.queues.forgetting import Places
    from studio_detector.service.store import Store

_log = logging.getLogger(__name__)

#: How long an idempotency key is kept.
KEYS_KEPT_S = 86_400.0
# Beyond their end, since clocks may differ.
_NONCES_KEPT_S = 3600.0
_PART = 100
# What was kept without a job for so long lost its request to a crash.
_ORPHANED_AFTER_S = 86_400.0


def spared(keep_failed_pictures_s: float, now: datetime) -> Spared:
    """The dead jobs whose pictures are kept, since they may be tried again.

    Args:
        keep_failed_pictures_s: Seconds that such a picture is kept.
        now: The moment.
    """
    since = now - timedelta(seconds=keep_failed_pictures_s)
    return Spared(since=since, faults=PICTURE_FAULTS)


def throw_away(
    store: Store,
    blobs: Blobs,
    *,
    keep_pictures_s: float,
    keep_failed_pictures_s: float,
    clock: Callable[[], datetime] = utc_now,
) -> int:
    """Delete the pictures that nobody wants any more, and old idempotency keys and nonces.

    A picture is wanted while a job of it is unfinished, and for a while after the last one
    ended, or died of something else than the picture. Several processes may do this at once.

    Args:
        store: Knows which.
        blobs: Has their bytes.
        keep_pictures_s: Seconds that a picture is kept after its last job.
        keep_failed_pictures_s: Seconds that it is kept at least for a job that can be tried
            again.
        clock: Gives the moment, in UTC.

    Returns:
        Pictures that were deleted.

    Raises:
        BusyError: If the store or the pictures are away; what was not deleted, the next run
            deletes.
    """
    now = clock()
    store.jobs.forget_keys(now - timedelta(seconds=KEYS_KEPT_S))
    store.nonces.forget(now - timedelta(seconds=_NONCES_KEPT_S))
    before = now - timedelta(seconds=keep_pictures_s)
    failed = spared(keep_failed_pictures_s, now)
    total = 0
    while unneeded := store.pictures.unneeded(before, _PART, spared=failed):
        deleted = sum(
            store.pictures.forget(
                tenant,
                image_hash,
                before=before,
                delete=partial(blobs.delete, blob_key(tenant, image_hash)),
                spared=failed,
            )
            for tenant, image_hash in unneeded
        )
        total += deleted
        if not deleted:  # others are at it
            break
    if total:
        _log.info("%d pictures were no longer wanted", total)
    return total


def forget_old(
    places: Places, *, keep_results_s: float, clock: Callable[[], datetime] = utc_now
) -> int:
    """Erase jobs that were over for so long, and results that no job has had for so long.

    Several processes may do this at once.

    Args:
        places: Where something of them may be.
        keep_results_s: Seconds that they are kept.
        clock: Gives the moment, in UTC.

    Returns:
        Jobs and results that were erased.

    Raises:
        BusyError: If the store is away; what was not erased, the next run erases.
    """
    total = 0
    for gone in places.store.erasures.expire(clock() - timedelta(seconds=keep_results_s)):
        forget_elsewhere(places, gone)
        total += len(gone.jobs) + len(gone.results)
    if total:
        _log.info("%d jobs and results were kept for long enough", total)
    return total


def adopt_orphans(
    store: Store,
    blobs: Blobs,
    *,
    keep_pictures_s: float,
    clock: Callable[[], datetime] = utc_now,
) -> int:
    """Note pictures that lie in their place without the store knowing, so that they go later.

    A process that died between keeping a picture and accepting its job leaves one. It is not
    deleted here, because the same picture may be on its way in at this moment.

    Args:
        store: See `throw_away`.
        blobs: Looked through as a whole.
        keep_pictures_s: See `throw_away`; younger ones, and those of the last day, are left.
        clock: Gives the moment, in UTC.

    Returns:
        Pictures that were noted.

    Raises:
        BusyError: If the store or the pictures are away.
    """
    old = clock() - timedelta(seconds=max(keep_pictures_s, _ORPHANED_AFTER_S))
    found = blobs.older_than(old)
    total = 0
    while part := [split_key(key) for key in itertools.islice(found, _PART)]:
        known = store.pictures.known(part)
        for tenant, image_hash in part:
            if (tenant, image_hash) not in known:
                store.pictures.need([(tenant, image_hash)])
                total += 1
    if total:
        _log.info("%d pictures were kept for no job", total)
    return total
