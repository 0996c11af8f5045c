"""Erasing on request: everywhere, noted twice, and again after a restore."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from studio_detector.errors import BusyError
from studio_detector.service.audit.acts import COMMAND_LINE, SERVICE, act_of
from studio_detector.service.queues.forgetting import forget_elsewhere
from studio_detector.service.records import Erasure
from studio_detector.service.store.erasing import EVER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from studio_detector.service.audit.log import AuditWriter
    from studio_detector.service.blobs import Blobs
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.erasure.journal import Journal
    from studio_detector.service.intake.subject_tags import SubjectTags
    from studio_detector.service.intake.watch import JobWatch
    from studio_detector.service.records import ErasureKind
    from studio_detector.service.similar import SimilarIndex
    from studio_detector.service.store import Store
    from studio_detector.service.store.erasing import Gone

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much went.

    Attributes:
        pictures: Pictures of which there was anything.
        jobs: Jobs, those for comparison alone included.
        results: Results, likewise.
        feedback: Notes of feedback.
        callbacks: Callbacks, told or not.
        batches: Batches that had no other jobs.
        pictures_left: Pictures whose bytes go as soon as the place for them is back.
    """

    pictures: int = 0
    jobs: int = 0
    results: int = 0
    feedback: int = 0
    callbacks: int = 0
    batches: int = 0
    pictures_left: int = 0

    def and_also(self, gone: Gone, left: int) -> Erased:
        """The same with another part."""
        return Erased(
            pictures=self.pictures + gone.seen,
            jobs=self.jobs + len(gone.jobs),
            results=self.results + len(gone.results),
            feedback=self.feedback + gone.notes,
            callbacks=self.callbacks + gone.callbacks,
            batches=self.batches + gone.batches,
            pictures_left=self.pictures_left + left,
        )


class Eraser:
    """Erases pictures, jobs, subjects and tenants; may be used by several threads at once.

    What is to be erased is written into the journal first: should the process die, the next
    start goes on; should the database be restored from a backup, it is erased from it again.
    Erasing what is not there is no error. Every method raises ``OutputError``
    (``output_failed``) if the journal cannot be written, and ``BusyError``
    (``store_unavailable``) if the database is away: then the next start erases it.

    Args:
        store: The truth.
        blobs: Bytes of pictures.
        cache: Answers.
        similar: Perceptual hashes in memory.
        watch: Who waits in this process.
        journal: Kept beside the database.
        audit: The log of who did what.
        tags: Hashes the tags of subjects.
    """

    def __init__(  # noqa: PLR0913 - each is a place where something of a picture may be
        self,
        *,
        store: Store,
        blobs: Blobs,
        cache: ResultCache,
        similar: SimilarIndex,
        watch: JobWatch,
        journal: Journal,
        audit: AuditWriter,
        tags: SubjectTags,
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.cache = cache
        self.similar = similar
        self._watch = watch
        self._journal = journal
        self._audit = audit
        self._tags = tags
        self._lock = threading.Lock()
        self._scrubbing = threading.Lock()
        self._asked = self._scrubbed = 0

    def picture(self, tenant: str, image_hash: str, *, actor: str = COMMAND_LINE) -> Erased:
        """Erase everything about a picture.

        Args:
            tenant: Whose.
            image_hash: SHA-256 of the file, 64 hexadecimal digits in lower case.
            actor: Who asks, see `Entry`.
        """
        return self._erase(tenant, "picture", image_hash, actor)

    def job(self, tenant: str, job_id: UUID, *, actor: str = COMMAND_LINE) -> Erased:
        """Erase a job, and everything about its picture if no other job is of that.

        Args:
            tenant: Whose.
            job_id: The job, over or not.
            actor: Who asks.
        """
        return self._erase(tenant, "job", str(job_id), actor)

    def subject(self, tenant: str, tag: str, *, actor: str = COMMAND_LINE) -> Erased:
        """Erase everything about every picture that shows a subject.

        Args:
            tenant: Whose pictures.
            tag: As it was sent with them.
            actor: Who asks.
        """
        return self._erase(tenant, "subject", self._tags.hashed(tenant, tag), actor)

    def everything(self, tenant: str, *, actor: str = COMMAND_LINE) -> Erased:
        """Erase all that a tenant has, but for its keys and what the audit log says.

        Args:
            tenant: Whose.
            actor: Who asks.
        """
        return self._erase(tenant, "tenant", "", actor)

    def replay(self, erasures: Iterable[Erasure] | None = None) -> int:
        """Repeat erasures that the database knows nothing of: it was restored from a backup.

        What was sent since an erasure stays.

        Args:
            erasures: Which; None takes those of the journal.

        Returns:
            How many were repeated.
        """
        given = self._journal.read() if erasures is None else erasures
        known = {erasure.id: erasure for erasure in given}
        missing = self.store.erasures.missing(list(known))
        again = sorted((known[found] for found in missing), key=lambda one: one.erased_at)
        for erasure in again:
            self._carry_out(erasure, SERVICE, "again", before=erasure.erased_at)
        if again:
            self._scrub()
            _log.warning("%d erasures that the database had forgotten were repeated", len(again))
        return len(again)

    def _erase(self, tenant: str, kind: ErasureKind, thing: str, actor: str) -> Erased:
        erasure = Erasure(
            id=uuid4(), tenant=tenant, kind=kind, object=thing, erased_at=self.store.clock()
        )
        self._journal.add(erasure)
        erased = self._carry_out(erasure, actor, "erased", before=EVER)
        self._scrub()
        return erased

    def _carry_out(self, erasure: Erasure, actor: str, word: str, *, before: datetime) -> Erased:
        def noted() -> None:
            action = f"{word}.{erasure.kind}"
            self._audit.act(act_of(actor, action, f"erasure {erasure.id}", tenant=erasure.tenant))

        erased = Erased()
        for gone in self.store.erasures.erase(erasure, before=before, noted=noted):
            self._watch.erased(gone.jobs)
            erased = erased.and_also(gone, forget_elsewhere(self, gone))
        return erased

    def _scrub(self) -> None:
        """Scrub the database once for all who ask for it while it is being scrubbed."""
        with self._lock:
            self._asked += 1
            mine = self._asked
        with self._scrubbing:
            if self._scrubbed >= mine:
                return
            until = self._asked
            try:
                self.store.erasures.scrub()
            except BusyError as error:
                _log.warning("retention overwrites deleted rows later: %s", error.message)
            self._scrubbed = until
