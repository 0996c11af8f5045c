"""The way in: a picture, an address or many of them become jobs that are never lost."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError, RequestError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.intake import archive as archives
from studio_detector.service.intake.arriving import Arriving
from studio_detector.service.intake.charges import (
    MEGAPIXELS_OF_ADDRESS,
    Purse,
    charge,
    megapixels_of,
)
from studio_detector.service.intake.jobs import (
    digest_of_request,
    hash_of_address,
    new_id,
    with_shadows,
    work_for,
)
from studio_detector.service.intake.keeping import Keeping
from studio_detector.service.intake.pictures import check_picture
from studio_detector.service.logs.context import request_id
from studio_detector.service.queues.remembering import remembered
from studio_detector.service.records import NewJob, Origin
from studio_detector.service.store import Idempotency, NewBatch
from studio_detector.service.traces.base import NO_TRACER

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence
    from typing import BinaryIO
    from uuid import UUID

    from studio_detector.imaging.limits import Limits
    from studio_detector.service.blobs import Vault
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.fetch.fetcher import Fetcher
    from studio_detector.service.fetch.poster import GuardedPoster
    from studio_detector.service.intake.backlog import Backlog
    from studio_detector.service.intake.subject_tags import SubjectTags
    from studio_detector.service.intake.wishes import NamedAddress, Wishes
    from studio_detector.service.queues.broker import Broker
    from studio_detector.service.rates.base import Rates
    from studio_detector.service.records import Job
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store
    from studio_detector.service.traces.base import Tracer
    from studio_detector.service.variants import Variants

_log = logging.getLogger(__name__)

_RETRY_DRAINING_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Accepts work; every method may be called from any thread.

    What a method returned is stored: the job ends as done or dead, whatever happens next.

    Attributes:
        settings: Of the service.
        limits: Of pictures.
        store: Keeps the jobs.
        blobs: Keeps the pictures, and notes that they are needed (see `service.vault`).
        cache: Remembers results.
        broker: Takes the messages.
        variants: There are.
        fetcher: Judges addresses of pictures.
        poster: Judges addresses of receivers.
        backlog: Refuses what is too much.
        rates: Count the megapixels of tenants.
        tags: Hashes the tags of subjects.
        draining: Set when the process is about to stop.
        tracer: Notes spans.
    """

    settings: ServiceSettings
    limits: Limits
    store: Store
    blobs: Vault
    cache: ResultCache
    broker: Broker
    variants: Variants
    fetcher: Fetcher
    poster: GuardedPoster
    backlog: Backlog
    rates: Rates
    tags: SubjectTags
    draining: threading.Event
    tracer: Tracer = NO_TRACER

    def picture(
        self, data: bytes, wishes: Wishes, *, tenant: str, idempotency_key: str | None = None
    ) -> Job:
        """Accept a picture.

        Args:
            data: The file.
            wishes: What is wanted.
            tenant: Whose it is.
            idempotency_key: The sender's name for this request; the same request under the
                same name gives the same job.

        Returns:
            The job; done already where the result of this very picture is known.

        Raises:
            UnreadableError: ``empty``.
            LimitError: ``limit_file_size``.
            UnsupportedError: For bytes that are no picture of a kind that is decoded.
            FetchError: ``fetch_refused`` for a callback address.
            AccessError: ``rate_limited``.
            RequestError: ``unknown_variant``, ``idempotency_conflict``.
            BusyError: ``draining``, ``backlog_full``, ``storage_full``,
                ``storage_unavailable``, ``store_unavailable``: nothing was accepted.
        """
        wishes = self._checked(wishes, tenant)
        check_picture(data, self.limits)
        image_hash = hashlib.sha256(data).hexdigest()
        job = self._job(wishes, tenant, image_hash=image_hash)
        if idempotency_key is None and (known := self._known(job)) is not None:
            return known
        promise = self._promise("picture", image_hash, wishes, idempotency_key)
        if first := self._admit(1, tenant, promise):
            return first[0]
        charge(self.rates, tenant, megapixels_of(data, self.limits.max_pixels))
        self.blobs.put(blob_key(tenant, image_hash), data)
        return self._accept(with_shadows(job, self.variants), promise)[0]

    def address(
        self, url: str, wishes: Wishes, *, tenant: str, idempotency_key: str | None = None
    ) -> Job:
        """Accept the address of a picture, which a worker will fetch; see `picture`.

        Raises:
            FetchError: ``fetch_refused`` for an address that would never be fetched.
        """
        wishes = self._checked(wishes, tenant)
        self.fetcher.check(url)
        job = self._job(wishes, tenant, image_url=url)
        promise = self._promise("address", url, wishes, idempotency_key)
        if first := self._admit(1, tenant, promise):
            return first[0]
        charge(self.rates, tenant, MEGAPIXELS_OF_ADDRESS)
        return self._accept(with_shadows(job, self.variants), promise)[0]

    def addresses(
        self,
        items: Sequence[NamedAddress],
        wishes: Wishes,
        *,
        tenant: str,
        idempotency_key: str | None = None,
    ) -> UUID:
        """Accept many addresses as one batch; see `address`.

        An address that would never be fetched is a dead job of the batch.

        Returns:
            Name of the batch.

        Raises:
            RequestError: ``request_invalid`` for none or too many.
        """
        wishes = self._checked(wishes, tenant)
        self._check_count(len(items))
        batch = NewBatch(id=new_id(), tenant=tenant, callback_url=wishes.callback_url)
        promise = self._promise(
            "addresses", repr([(item.url, item.name) for item in items]), wishes, idempotency_key
        )
        if first := self._admit(len(items), tenant, promise):
            return _batch_of(first)
        charge(self.rates, tenant, MEGAPIXELS_OF_ADDRESS * len(items))
        found = archives.from_addresses(items, self.fetcher.check)
        return self._accept_batch(batch, self._jobs_of(batch, found, wishes), promise)

    def archive(
        self,
        file: BinaryIO | Arriving,
        wishes: Wishes,
        *,
        tenant: str,
        idempotency_key: str | None = None,
    ) -> UUID:
        """Accept the pictures of an archive as one batch; see `picture`.

        A member that is no picture after all, or too large, is a dead job of the batch.

        Args:
            file: A zip or tar, also compressed, that can be read again from its beginning; or a
                tar that arrives, under a key that `is_new`. Nothing is accepted before all of
                it has come.
            wishes: What is wanted of each.
            tenant: Whose it is.
            idempotency_key: See `picture`.

        Returns:
            Name of the batch.

        Raises:
            RequestError: ``request_invalid`` for no or too many pictures, or damage before the
                first; ``body_unsupported`` for what is no archive.
            BrokenOffError: If the rest of one that arrives never comes.
        """
        wishes = self._checked(wishes, tenant)
        batch = NewBatch(id=new_id(), tenant=tenant, callback_url=wishes.callback_url)

        def promised() -> Idempotency | None:
            digest = archives.digest_of(file) if idempotency_key is not None else ""
            return self._promise("archive", digest, wishes, idempotency_key)

        arrives = isinstance(file, Arriving)
        promise = None if arrives else promised()
        # How many there are is known only later; where there is no room at all, none is read.
        if first := self._admit(1, tenant, promise):
            return _batch_of(first)
        purse = Purse(self.rates, tenant, self.limits.max_pixels)
        keeping = Keeping(self.blobs, self.store.pictures, tenant)

        def keep(image_hash: str, data: bytes) -> None:
            purse.add(data)
            keeping.add(image_hash, data)

        pictures = archives.from_archive(file, self.limits, keep=keep, most=self._most_items)
        try:
            with contextlib.closing(keeping.until_all_are_kept(pictures)) as found:
                new = self._jobs_of(batch, found, wishes)
            promise = promised() if arrives else promise
            # The same request may have come, and been accepted, while this one did.
            if first := self._admit(sum(map(_waits, new)) - 1, tenant, promise):
                keeping.give_up()
                return _batch_of(first)
            purse.pay()
        except BaseException:
            keeping.give_up()
            raise
        return self._accept_batch(batch, new, promise, refused=keeping.give_up)

    def is_new(self, tenant: str, idempotency_key: str | None) -> bool:
        """Whether no request came under a key before, as far as can be told now.

        Args:
            tenant: Whose.
            idempotency_key: The key; there is none to know without one.
        """
        if idempotency_key is None:
            return True
        try:
            return not self.store.jobs.knows_key(tenant, idempotency_key)
        except BusyError:
            return False

    def send(self, jobs: Iterable[Job]) -> None:
        """Tell workers of jobs that wait for one and are noted as sent.

        What cannot be sent now, the sweeper sends.
        """
        failed = [
            job.id
            for job in jobs
            if job.state == "queued"
            and job.leader_id is None
            and not self.broker.send(job.queue, job.id)
        ]
        if failed:
            try:
                self.store.jobs.not_sent(failed)
            except BusyError as error:
                _log.info("the sweeper will find them lost: %s", error.message)

    def _checked(self, wishes: Wishes, tenant: str) -> Wishes:
        """Wishes that can be granted now, with the hash of the subject's tag in its place."""
        if self.draining.is_set():
            raise BusyError(
                "the service is about to stop and takes nothing new; send it again in a moment",
                code="draining",
                retry_after_s=_RETRY_DRAINING_S,
            )
        if wishes.callback_url is not None:
            self.poster.check(wishes.callback_url)
        if wishes.variant is not None:
            self.variants.get(wishes.variant)
        if wishes.subject is None:
            return wishes
        return replace(wishes, subject=self.tags.hashed(tenant, wishes.subject))

    @property
    def _most_items(self) -> int:
        # What the backlog could never hold would be told to come again for ever.
        return min(self.settings.max_batch_items, self.backlog.most)

    def _check_count(self, count: int) -> None:
        if not 1 <= count <= self._most_items:
            raise RequestError(
                f"the batch has {count} photos; send 1 to {self._most_items}, "
                "and more in further batches",
                code="request_invalid",
            )

    def _job(
        self,
        wishes: Wishes,
        tenant: str,
        *,
        image_hash: str | None = None,
        image_url: str | None = None,
    ) -> NewJob:
        return NewJob(
            id=new_id(),
            tenant=tenant,
            work=work_for(self.variants, wishes, image_hash or hash_of_address(image_url or "")),
            priority=wishes.priority,
            image_hash=image_hash,
            image_url=image_url,
            near_duplicates=wishes.near_duplicates,
            callback_url=wishes.callback_url,
            max_attempts=self.settings.max_attempts,
            subject=wishes.subject,
        )

    def _known(self, job: NewJob) -> Job | None:
        """A job that is done at once, where the cache knows the result."""
        result_id = remembered(self.cache, job.tenant, job.image_hash or "", job.work)
        if result_id is None:
            return None
        with self.tracer.span("accept", kind="producer"):
            return self.store.jobs.accept_done(job, result_id, origin=self._origin())

    def _admit(self, count: int, tenant: str, promise: Idempotency | None) -> list[Job]:
        """Make room, or give the jobs of the same request as it came before.

        That one is neither refused nor charged a second time.

        Raises:
            BusyError: ``backlog_full`` for a request that did not come before.
        """
        if promise is not None and (first := self.store.jobs.promised(tenant, promise)):
            return first
        if count > 0:
            self.backlog.admit(count)
        return []

    def _promise(
        self, kind: str, content: str, wishes: Wishes, key: str | None
    ) -> Idempotency | None:
        if key is None:
            return None
        return Idempotency(key=key, request_digest=digest_of_request(kind, content, wishes))

    def _accept(self, new: list[NewJob], promise: Idempotency | None) -> list[Job]:
        with self.tracer.span("accept", kind="producer"):
            accepted = self.store.jobs.accept(
                new, idempotency=promise, sends=True, origin=self._origin()
            )
            if accepted and accepted[0].id == new[0].id:
                self.send(accepted)
        return accepted

    def _origin(self) -> Origin:
        return Origin(request_id=request_id(), traceparent=self.tracer.here())

    def _jobs_of(
        self, batch: NewBatch, found: Iterable[archives.Found], wishes: Wishes
    ) -> list[NewJob]:
        """The jobs of a batch, and those in their shadow.

        Raises:
            RequestError: ``request_invalid`` for none or too many.
        """
        new: list[NewJob] = []
        for position, item in enumerate(found):
            named = item.image_hash or hash_of_address(item.image_url or item.name or "")
            job = NewJob(
                id=new_id(),
                tenant=batch.tenant,
                work=work_for(self.variants, wishes, named),
                priority=wishes.priority,
                image_hash=item.image_hash,
                image_url=item.image_url,
                name=item.name,
                batch_id=batch.id,
                position=position,
                near_duplicates=wishes.near_duplicates,
                max_attempts=self.settings.max_attempts,
                subject=wishes.subject,
                error_code=item.error_code,
                error_message=item.error_message,
            )
            new += [job] if item.error_code is not None else with_shadows(job, self.variants)
        self._check_count(sum(job.batch_id is not None for job in new))
        return new

    def _accept_batch(
        self,
        batch: NewBatch,
        new: list[NewJob],
        promise: Idempotency | None,
        *,
        refused: Callable[[], None] = lambda: None,
    ) -> UUID:
        """Accept a batch, or give the one of the same request as it came before.

        Args:
            batch: The batch.
            new: Its jobs, and those in their shadow.
            promise: The key of the request, and what it is.
            refused: Called where it is certain that these jobs are not accepted.
        """
        with self.tracer.span("accept", kind="producer") as span:
            span.set(batch_id=str(batch.id), jobs=len(new))
            try:
                accepted = self.store.jobs.accept(
                    new, idempotency=promise, batch=batch, sends=True, origin=self._origin()
                )
            except RequestError:
                refused()
                raise
            if accepted[0].id == new[0].id:
                self.send(accepted)
            else:
                refused()
        return _batch_of(accepted)


def _waits(job: NewJob) -> bool:
    """Whether a job takes a place in the backlog: not in the shadow of another, nor dead."""
    return job.shadow_of is None and job.error_code is None


def _batch_of(jobs: Sequence[Job]) -> UUID:
    batch_id = jobs[0].batch_id
    if batch_id is None:
        raise RequestError(
            "the idempotency key was used for a single picture; take a new key for a batch",
            code="idempotency_conflict",
        )
    return batch_id
