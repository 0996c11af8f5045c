"""Forgetting in other places what the store has erased: bytes, answers, hashes in memory."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Protocol

from studio_detector.errors import BusyError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.queues.remembering import forget

if TYPE_CHECKING:
    from studio_detector.service.blobs import Blobs
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.similar import SimilarIndex
    from studio_detector.service.store import Store
    from studio_detector.service.store.erasing import Gone

_log = logging.getLogger(__name__)


class Places(Protocol):
    """Where something of a picture may be."""

    @property
    def store(self) -> Store:
        """Knows which bytes are left."""

    @property
    def blobs(self) -> Blobs:
        """Bytes."""

    @property
    def cache(self) -> ResultCache:
        """Answers."""

    @property
    def similar(self) -> SimilarIndex:
        """Perceptual hashes in this process; others ask the store before they answer."""


def forget_elsewhere(places: Places, gone: Gone) -> int:
    """Forget what the store has just erased.

    Args:
        places: Where.
        gone: What.

    Returns:
        Pictures whose bytes are still there, since the place for them is away. Retention
        deletes them once it is back.
    """
    for image_hash, work in gone.works:
        forget(places.cache, gone.tenant, image_hash, work)
    for result_id in gone.results:
        places.similar.forget(gone.tenant, result_id)
    for number, image_hash in enumerate(gone.pictures):
        try:
            places.store.pictures.forget(
                gone.tenant,
                image_hash,
                before=places.store.clock(),
                delete=partial(places.blobs.delete, blob_key(gone.tenant, image_hash)),
            )
        except BusyError as error:
            left = len(gone.pictures) - number
            _log.warning("%d erased pictures are deleted later: %s", left, error.message)
            return left
    return 0
