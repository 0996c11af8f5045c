"""Throws away what was kept for a while: pictures and idempotency keys."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.service.blobs.base import blob_key, split_key
from studio_detector.service.store import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from studio_detector.service.blobs import Blobs
    from studio_detector.service.store import Store

_log = logging.getLogger(__name__)

#: How long an idempotency key is kept.
KEYS_KEPT_S = 86_400.0
_PART = 100
# What was kept without a job for so long lost its request to a crash.
_ORPHANED_AFTER_S = 86_400.0


def throw_away(
    store: Store,
    blobs: Blobs,
    *,
    keep_pictures_s: float,
    clock: Callable[[], datetime] = utc_now,
) -> int:
    """Delete the pictures that nobody wants any more, and old idempotency keys.

    A picture is wanted while a job of it is unfinished, and for a while after the last one
    ended. Several processes may do this at once.

    Args:
        store: Knows which.
        blobs: Has their bytes.
        keep_pictures_s: Seconds that a picture is kept after its last job.
        clock: Gives the moment, in UTC.

    Returns:
        Pictures that were deleted.

    Raises:
        BusyError: If the store or the pictures are away; what was not deleted, the next run
            deletes.
    """
    now = clock()
    store.jobs.forget_keys(now - timedelta(seconds=KEYS_KEPT_S))
    before = now - timedelta(seconds=keep_pictures_s)
    total = 0
    while unneeded := store.pictures.unneeded(before, _PART):
        deleted = sum(
            store.pictures.forget(
                tenant,
                image_hash,
                before=before,
                delete=partial(blobs.delete, blob_key(tenant, image_hash)),
            )
            for tenant, image_hash in unneeded
        )
        total += deleted
        if not deleted:  # others are at it
            break
    if total:
        _log.info("%d pictures were no longer wanted", total)
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
                store.pictures.need(tenant, image_hash)
                total += 1
    if total:
        _log.info("%d pictures were kept for no job", total)
    return total
