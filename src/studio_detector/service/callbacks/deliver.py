"""One try of one callback: claim it, send it, settle it."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Protocol

from studio_detector.errors import FetchError
from studio_detector.service.callbacks.schedule import (
    MOST_TRIES,
    THROTTLING,
    TRIES_AFTER_S,
    pause_s,
)
from studio_detector.service.logs.context import bound
from studio_detector.service.traces.base import NO_TRACER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from studio_detector.service.callbacks.sign import Signer
    from studio_detector.service.records import Delivery
    from studio_detector.service.traces.base import Tracer

State = Literal["pending", "delivered", "failed", "disabled"]
#: How one try ended: taken; of an address that may not be asked; not taken; by a receiver that
#: wants no more; or not made, since the receiver is left alone for a while.
Tried = Literal["delivered", "refused", "failed", "gone", "put_off"]

_GONE = 410
# Within it, a receiver that is left alone costs no try; beyond it, the schedule comes to its end.
_DAY = timedelta(seconds=TRIES_AFTER_S[-1])

_log = logging.getLogger(__name__)


class Deliveries(Protocol):
    """What is needed of the store."""

    def claim(self, delivery_id: UUID, /) -> Delivery | None:
        """Lease a delivery that is due; None if it is not, or another has it."""

    def settle(
        self,
        delivery_id: UUID,
        token: str,
        /,
        *,
        status: int | None,
        error: str | None,
        state: State,
        retry_at: datetime | None = None,
        is_try: bool = True,
    ) -> bool:
        """Note how a try ended, or that it was none; False if its lease was lost."""

    def is_disabled(self, tenant: str, url: str, /) -> bool:
        """Whether a receiver has said that it wants no more."""

    def disable(self, tenant: str, url: str, /) -> None:
        """Note that a receiver wants no more."""


class Answer(Protocol):
    """What a receiver answered."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def retry_after_s(self) -> float | None:
        """Seconds for which it asks to be left alone."""


class Poster(Protocol):
    """What sends: behind the guard of addresses, and without following redirects."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str], /) -> Answer:
        """Post, or raise `FetchError`."""


@dataclass(frozen=True, slots=True)
class _End:
    """How a try ended.

    Attributes:
        status: HTTP status; None if there was no answer.
        error: Why it failed; None if it did not.
        asked_s: For how long the receiver wants to be left alone.
        is_final: Whether another try would end alike.
        was_asked: Whether the receiver was asked at all.
    """

    status: int | None = None
    error: str | None = None
    asked_s: float | None = None
    is_final: bool = False
    was_asked: bool = True


class Deliverer:
    """Tries callbacks; safe to use from many threads.

    Args:
        deliveries: The store's.
        poster: Sends.
        signer: Signs.
        clock: The time, UTC.
        randomly: Gives numbers from 0 to 1, for the jitter.
        tracer: Notes spans.
        count: Told how each try ended.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        poster: Poster,
        signer: Signer,
        *,
        clock: Callable[[], datetime],
        randomly: Callable[[], float] = random.random,
        tracer: Tracer = NO_TRACER,
        count: Callable[[Tried], None] = lambda _: None,
    ) -> None:
        self._deliveries = deliveries
        self._poster = poster
        self._signer = signer
        self._clock = clock
        self._randomly = randomly
        self._tracer = tracer
        self._count = count

    def deliver(self, delivery_id: UUID) -> State | None:
        """Try a callback once, if it is due.

        Only a status from 200 to 299 is success. After 410 the receiver gets no more callbacks
        of that tenant. An address that may not be asked has failed for good; everything else is
        tried again by the schedule, and has failed for good after the last try.

        Args:
            delivery_id: Its name.

        Returns:
            Its state after the try; None if it was not due, or another has it.

        Raises:
            BusyError: ``store_unavailable``; the lease runs out, and it is tried again.
        """
        delivery = self._deliveries.claim(delivery_id)
        if delivery is None or delivery.lease_token is None:
            return None
        ids = _ids_of(delivery)
        # Receivers are strangers, who learn nothing of requests and spans.
        with (
            bound(**ids),
            self._tracer.span("callback", kind="client", parent=delivery.traceparent) as span,
        ):
            span.set(**ids, event=delivery.event, attempt=delivery.attempts)
            state = self._deliver(delivery)
            span.set(outcome=state)
            return state

    def _deliver(self, delivery: Delivery) -> State:
        if self._deliveries.is_disabled(delivery.tenant, delivery.url):
            return self._settle(
                delivery,
                _End(status=delivery.last_status, error="the receiver wants no more callbacks"),
                "disabled",
            )
        end = self._try(delivery)
        self._count(_tried(end))
        if end.error is None:
            return self._settle(delivery, end, "delivered")
        if end.status == _GONE:
            self._deliveries.disable(delivery.tenant, delivery.url)
            return self._settle(delivery, end, "disabled")
        if not end.was_asked and self._clock() - delivery.created_at < _DAY:
            # Others to the same receiver failed; this one keeps its tries for when it is back.
            asked_s = (end.asked_s or 0.0) * (1.0 + self._randomly())
            return self._settle(
                delivery,
                end,
                "pending",
                retry_at=self._clock() + timedelta(seconds=asked_s),
                is_try=False,
            )
        pause = pause_s(delivery.attempts, asked_s=end.asked_s, randomly=self._randomly)
        if end.is_final or pause is None:
            return self._settle(delivery, end, "failed")
        return self._settle(
            delivery, end, "pending", retry_at=self._clock() + timedelta(seconds=pause)
        )

    def _try(self, delivery: Delivery) -> _End:
        body = delivery.payload.encode("utf-8")
        headers = {
            "Content-Type": "application/json",
            **self._signer.headers(str(delivery.id), int(self._clock().timestamp()), body),
        }
        try:
            answer = self._poster.post(delivery.url, body, headers)
        except FetchError as error:
            return _End(
                error=error.message,
                asked_s=error.retry_after_s,
                is_final=error.code == "fetch_refused",
                was_asked=error.was_asked,
            )
        return _end_of(answer)

    def _settle(
        self,
        delivery: Delivery,
        end: _End,
        state: State,
        *,
        retry_at: datetime | None = None,
        is_try: bool = True,
    ) -> State:
        error = end.error
        if state == "failed" and not end.is_final:
            error = f"tried {MOST_TRIES} times in a day; the last time: {error}"
        # The address may hold secrets of the receiver, so it stays out of the log.
        _log.info(
            "callback %s: try %d ended with status %s and is %s",
            delivery.id,
            delivery.attempts,
            end.status,
            state,
            extra={"state": state, "status": end.status, "attempt": delivery.attempts},
        )
        is_kept = self._deliveries.settle(
            delivery.id,
            delivery.lease_token or "",
            status=end.status,
            error=error,
            state=state,
            retry_at=retry_at,
            is_try=is_try,
        )
        if not is_kept:
            _log.warning("callback %s: its lease was lost; it may be sent twice", delivery.id)
        return state


def _tried(end: _End) -> Tried:
    if end.error is None:
        return "delivered"
    if end.is_final:
        return "refused"
    if not end.was_asked:
        return "put_off"
    return "gone" if end.status == _GONE else "failed"


def _ids_of(delivery: Delivery) -> dict[str, str | None]:
    return {
        "request_id": delivery.request_id,
        "delivery_id": str(delivery.id),
        "job_id": None if delivery.job_id is None else str(delivery.job_id),
        "batch_id": None if delivery.batch_id is None else str(delivery.batch_id),
        "tenant": delivery.tenant,
    }


def _end_of(answer: Answer) -> _End:
    status = answer.status
    if 200 <= status < 300:
        return _End(status=status)
    if status == _GONE:
        return _End(status=status, error="the receiver answered 410: it wants no more callbacks")
    if 300 <= status < 400:
        error = (
            f"the receiver answered {status}; redirects are not followed, so give the new address"
        )
    else:
        error = f"the receiver answered {status}; only 200 to 299 is success"
    return _End(
        status=status,
        error=error,
        asked_s=answer.retry_after_s if status in THROTTLING else None,
    )
