"""What the parts of the store share: the clock, the leases, the pauses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from studio_detector.service.records import Batch, Job

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from studio_detector.service.records import Result


def utc_now() -> datetime:
    """The clock on the wall, in UTC."""
    return datetime.now(UTC)


def plain_payload(subject: Job | Batch, result: Result | None) -> str:
    """What is told of a job or a batch where nobody gave words for it: its id and its state."""
    if isinstance(subject, Batch):
        return json.dumps({"batch_id": str(subject.id), "counts": dict(subject.counts)})
    told = {"job_id": str(subject.id), "state": subject.state}
    if result is not None:
        told["result_id"] = str(result.id)
    return json.dumps(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long things may take, and what is told of their end.

    Attributes:
        clock: Gives the moment, in UTC.
        lease_s: Seconds after which a worker that gave no sign has lost its jobs.
        retry_first_s: Pause before the second try; it doubles with each further one.
        retry_most_s: Longest pause between tries.
        delivery_lease_s: Seconds after which a delivery begun may be begun again.
        payload_of: Makes the text of a callback from a job and its result, or from a batch
            and None.
        jitter: Gives a number from 0 to 1, so that what failed together is not tried again
            together.
    """

    clock: Callable[[], datetime]
    lease_s: float
    retry_first_s: float
    retry_most_s: float
    delivery_lease_s: float
    payload_of: Callable[[Job | Batch, Result | None], str]
    jitter: Callable[[], float]

    def lease_until(self, now: datetime) -> datetime:
        """End of a lease that begins now."""
        return now + timedelta(seconds=self.lease_s)

    def retry_at(self, now: datetime, attempts: int, retry_after_s: float | None) -> datetime:
        """When to try again after the ``attempts``-th failure (from 1).

        Args:
            now: The moment of the failure.
            attempts: Tries begun so far.
            retry_after_s: Seconds that the other side asked for; None if it did not.
        """
        doubled = self.retry_first_s * 2.0 ** min(attempts - 1, 60)
        pause = min(doubled, self.retry_most_s) * (0.5 + 0.5 * self.jitter())
        asked = min(retry_after_s or 0.0, self.retry_most_s)
        return now + timedelta(seconds=max(pause, asked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A promise that the same request, sent again, does nothing twice.

    Attributes:
        key: Chosen by the sender.
        request_digest: Digest of what was sent, hex; another one under the same key is a
            conflict.
    """

    key: str
    request_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A batch before it is accepted; its jobs name it in `NewJob.batch_id`.

    Attributes:
        id: Chosen by who accepts.
        tenant: Whose it is.
        callback_url: Whom to tell when all of its jobs are over; None tells nobody.
    """

    id: UUID
    tenant: str
    callback_url: str | None = None
