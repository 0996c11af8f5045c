"""What erases, alone: for commands that run beside the service, or where it rests."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from studio_detector.service.blobs.open import open_blobs
from studio_detector.service.cache.open import open_cache
from studio_detector.service.erasure.erase import Eraser
from studio_detector.service.erasure.journal import JOURNAL_FILE, Journal
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.similar import SimilarIndex
from studio_detector.service.vault.open import open_vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from studio_detector.service.audit.log import AuditWriter
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store
    from studio_detector.service.vault.key_wrapper import KeyWrapper


@contextlib.contextmanager
def opened_eraser(
    settings: ServiceSettings,
    data_dir: Path,
    *,
    store: Store,
    secret: ServiceSecret,
    audit: AuditWriter,
    hook: KeyWrapper | None = None,
) -> Iterator[Eraser]:
    """Open the places where something of a picture may be, and close them again.

    Args:
        settings: Of the service.
        data_dir: Its folder; it exists.
        store: The truth; not closed here.
        secret: Of the service.
        audit: The log of who did what.
        hook: What ``master_key_hook`` names.

    Yields:
        What erases. A service that runs beside has answers and perceptual hashes in its memory,
        for which it asks the store before it gives them.

    Raises:
        ConfigError: If a setting does not fit.
        BusyError: ``storage_unavailable``.
    """
    with contextlib.ExitStack() as stack:
        cache = open_cache(settings)
        stack.callback(cache.close)
        place = open_blobs(settings, data_dir)
        stack.callback(place.close)
        yield Eraser(
            store=store,
            blobs=open_vault(settings, data_dir, place, store, hook),
            cache=cache,
            similar=SimilarIndex(),
            watch=JobWatch(store),
            journal=Journal(data_dir / JOURNAL_FILE),
            audit=audit,
            tags=SubjectTags.of(secret),
        )
