"""Jobs as workers see them: a try is begun, renewed, and ended in one of five ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from studio_detector.service.store import finishing, trying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from uuid import UUID

    from studio_detector.service.records import Answer, Job, NewResult, Queue
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms


class WorkerJobs:
    """What a worker does with jobs; each method is one transaction.

    Args:
        db: Where they are.
        terms: Clock, leases and pauses.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def claim(self, job_id: UUID, owner: str) -> Job | None:
        """Begin a try: the job is running, its attempt counted, its lease this owner's.

        Args:
            job_id: The job.
            owner: Name of the worker's process, the same at every `renew`.

        Returns:
            The job with its ``lease_token``; None if there is nothing to do: it is not there,
            not queued, not due, follows another, or has used up its tries and is dead now.
        """
        terms = self._terms
        try:
            return self._db.write(lambda tx: trying.claim(tx, terms, job_id, owner))
        except finishing.LostError:
            return None

    def claim_new(self, job_ids: Sequence[UUID], owner: str) -> list[Job]:
        """Begin tries of a handful of jobs together; see `claim`.

        Args:
            job_ids: The jobs.
            owner: See `claim`.

        Returns:
            Those that wait for their very first try and whose picture was sent, in the order
            given, all under one token. The others are left alone: a host may keep its pictures
            back for long, urgent ones wait for nothing, and a job whose worker died is to be
            tried by itself, so that whatever kills workers takes a try of others along no more
            than once, and never their only one.
        """
        terms = self._terms
        return self._db.write(lambda tx: trying.claim_new(tx, terms, job_ids, owner))

    def learn_hash(
        self, job_id: UUID, token: str, image_hash: str
    ) -> Literal["work", "answered", "follows", "lost"]:
        """Note which picture was fetched, and whether there is still something to do.

        Args:
            job_id: The job.
            token: Of its lease.
            image_hash: SHA-256 of the picture, hex.

        Returns:
            "work" if the picture is to be analysed; "answered" if its result was there and the
            job is done; "follows" if another is at it and the job waits for that one; "lost" if
            the lease is another's.
        """
        terms = self._terms
        try:
            return self._db.write(
                lambda tx: trying.learn_hash(tx, terms, job_id, token, image_hash)
            )
        except finishing.LostError:
            return "lost"

    def finish(
        self, job_id: UUID, token: str, result: NewResult | UUID, answer: Answer = "analysed"
    ) -> Job | None:
        """End a try with a result: job, followers, callbacks and batch in one transaction.

        Args:
            job_id: The job.
            token: Of its lease.
            result: The verdict, or the id of one that is stored. A verdict that is stored
                already for the same work is kept as it was.
            answer: How it was found. With "near_duplicate" only followers that asked for near
                duplicates are answered; the first of the others does the work.

        Returns:
            The job; None if the lease was lost, and then nothing is changed.
        """
        terms = self._terms
        outcome = (result, answer)
        try:
            return self._db.write(lambda tx: finishing.finish(tx, terms, job_id, token, outcome))
        except finishing.LostError:
            return None

    def finish_all(self, ends: Sequence[tuple[UUID, str, NewResult]]) -> list[Job] | None:
        """End tries of a handful of jobs that were analysed, all or none; see `finish`.

        Args:
            ends: Job, token of its lease, and verdict.

        Returns:
            The jobs in the order given; None if a lease was lost, and then nothing is changed.
        """
        terms = self._terms
        try:
            return self._db.write(lambda tx: finishing.finish_all(tx, terms, ends))
        except finishing.LostError:
            return None

    def hand_on(
        self, job_id: UUID, token: str, *, queue: Queue, partial: Mapping[str, Any]
    ) -> Job | None:
        """End a try with half of the work: the rest waits in another queue, with new tries.

        Args:
            job_id: The job.
            token: Of its lease.
            queue: Where the rest is done.
            partial: What was found.

        Returns:
            The job; None if the lease was lost.
        """
        return self._db.write(lambda tx: trying.hand_on(tx, job_id, token, queue, partial))

    def fail(
        self,
        job_id: UUID,
        token: str,
        code: str,
        message: str,
        *,
        is_passing: bool,
        retry_after_s: float | None = None,
    ) -> Job | None:
        """End a try without a result.

        Args:
            job_id: The job.
            token: Of its lease.
            code: Of the error.
            message: Of the error.
            is_passing: Whether another try may help: then the job waits twice as long after
                each failure, until its tries are used up.
            retry_after_s: Shortest pause that the other side asked for, up to the longest
                pause of the store; None if it did not ask.

        Returns:
            The job, queued or dead; None if the lease was lost.
        """
        terms = self._terms
        try:
            return self._db.write(
                lambda tx: finishing.fail(
                    tx,
                    terms,
                    job_id,
                    token,
                    (code, message),
                    is_passing=is_passing,
                    retry_after_s=retry_after_s,
                )
            )
        except finishing.LostError:
            return None

    def renew(self, owner: str) -> int:
        """Prolong all leases of a worker; their number."""
        terms = self._terms
        return self._db.write(lambda tx: trying.renew(tx, terms, owner))

    def release(self, owner: str, job_ids: Sequence[UUID] | None = None) -> list[Job]:
        """Give back what a worker that stops has not ended, and the attempts with it.

        Args:
            owner: See `claim`.
            job_ids: Those that are meant; None for all.
        """
        return self._db.write(lambda tx: trying.release(tx, owner, job_ids))
