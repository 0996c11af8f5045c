"""Deliveries: callbacks that are told until somebody listens, or a day is over."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Text, Uuid, bindparam, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from studio_detector.errors import RequestError
from studio_detector.service.records import Page
from studio_detector.service.store import cursors
from studio_detector.service.store.conditions import IS_PENDING
from studio_detector.service.store.rows import DELIVERY_COLUMNS, delivery_of
from studio_detector.service.store.tables import deliveries, disabled_endpoints
from studio_detector.service.store.types import UtcTime

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Delivery
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

DeliveryState = Literal["pending", "delivered", "failed", "disabled"]

#: A message that was not taken up by then is sent again.
_RESEND_AFTER = timedelta(seconds=30)
#: What lies further ahead than this was written before the clock was set back.
_CLOCK_SLACK = timedelta(seconds=60)

_CLAIM = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery", type_=Uuid()),
        IS_PENDING,
        or_(
            deliveries.c.retry_at.is_(None),
            deliveries.c.retry_at <= bindparam("now", type_=UtcTime()),
            deliveries.c.touched_at > bindparam("ahead", type_=UtcTime()),
        ),
        or_(
            deliveries.c.lease_until.is_(None),
            deliveries.c.lease_until < bindparam("now", type_=UtcTime()),
            deliveries.c.touched_at > bindparam("ahead", type_=UtcTime()),
        ),
    )
    .values(
        attempts=deliveries.c.attempts + 1,
        lease_token=bindparam("token", type_=Text()),
        lease_until=bindparam("until", type_=UtcTime()),
        touched_at=bindparam("now", type_=UtcTime()),
    )
    .returning(*DELIVERY_COLUMNS)
)


class Deliveries:
    """The callbacks of all tenants; the end of a job or a batch makes them.

    Args:
        db: Where they are.
        terms: Clock and leases.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def due(self, limit: int) -> list[UUID]:
        """Deliveries for which a message is to be sent now.

        Each is given once in half a minute, until it is claimed and settled.
        """
        now = self._terms.clock()
        some = _due(now).limit(limit)
        # Most sweeps find nothing, and reading hinders nobody.
        if self._db.read(lambda tx: tx.execute(some.limit(1)).first()) is None:
            return []
        # Two sweepers share what is due, instead of both sending it.
        mine = some.with_for_update(skip_locked=True).scalar_subquery()
        statement = (
            update(deliveries)
            .where(deliveries.c.id.in_(mine))
            .values(message_at=now)
            .returning(deliveries.c.id)
        )
        return self._db.write(lambda tx: list(tx.execute(statement).scalars()))

    def claim(self, delivery_id: UUID) -> Delivery | None:
        """Begin a try, counted and leased; None if there is nothing to do."""
        now = self._terms.clock()
        values = {
            "delivery": delivery_id,
            "now": now,
            "ahead": now + _CLOCK_SLACK,
            "token": secrets.token_hex(16),
            "until": now + timedelta(seconds=self._terms.delivery_lease_s),
        }
        row = self._db.write(lambda tx: tx.execute(_CLAIM, values).first())
        return None if row is None else delivery_of(row)

    def settle(
        self,
        delivery_id: UUID,
        token: str,
        *,
        status: int | None,
        error: str | None,
        state: DeliveryState = "pending",
        retry_at: datetime | None = None,
        is_try: bool = True,
    ) -> bool:
        """End a try.

        Args:
            delivery_id: The delivery.
            token: Of its lease.
            status: HTTP status of the answer; None if there was none.
            error: Why it failed, in words; None if it did not.
            state: "pending" to try again.
            retry_at: When, for "pending".
            is_try: False where nobody was asked, which gives the attempt back.

        Returns:
            Whether the lease was still held; otherwise nothing is changed.
        """
        statement = (
            update(deliveries)
            .where(
                deliveries.c.id == delivery_id,
                deliveries.c.lease_token == token,
                IS_PENDING,
            )
            .values(
                state=state,
                retry_at=retry_at if state == "pending" else None,
                last_status=status,
                last_error=error,
                lease_token=None,
                lease_until=None,
                message_at=None,
                touched_at=self._terms.clock(),
                attempts=deliveries.c.attempts - (0 if is_try else 1),
            )
        )
        return self._db.write(lambda tx: tx.execute(statement).rowcount > 0)

    def find(
        self,
        tenant: str,
        state: DeliveryState | None = None,
        job_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Delivery]:
        """Deliveries, the newest first.

        Args:
            tenant: Whose.
            state: Only these.
            job_id: Only of this job.
            cursor: Where the page begins; from the page before.
            limit: Most deliveries of a page.

        Raises:
            RequestError: ``request_invalid`` for a cursor that is none.
        """
        query = select(*DELIVERY_COLUMNS).where(deliveries.c.tenant == tenant)
        if state is not None:
            query = query.where(deliveries.c.state == state)
        if job_id is not None:
            query = query.where(deliveries.c.job_id == job_id)
        if cursor is not None:
            moment, mark = cursors.moment_and_id("calls", cursor)
            last = tuple_(literal(moment, UtcTime()), literal(mark, Uuid()))
            query = query.where(tuple_(deliveries.c.created_at, deliveries.c.id) < last)
        query = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc())
        rows = self._db.read(lambda tx: tx.execute(query.limit(limit + 1)).all())
        items = tuple(delivery_of(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items=items)
        last_one = items[-1]
        return Page(items=items, cursor=cursors.written("calls", last_one.created_at, last_one.id))

    def disable(self, tenant: str, url: str) -> None:
        """Tell this endpoint nothing more: what is pending for it is disabled too.

        What is being tried at this moment is left to whoever tries it.
        """
        now = self._terms.clock()

        def work(tx: Connection) -> None:
            tx.execute(
                insert(disabled_endpoints)
                .values(tenant=tenant, url=url, created_at=now)
                .on_conflict_do_nothing(index_elements=["tenant", "url"])
            )
            tx.execute(
                update(deliveries)
                .where(
                    deliveries.c.tenant == tenant,
                    deliveries.c.url == url,
                    IS_PENDING,
                    deliveries.c.lease_token.is_(None),
                )
                .values(state="disabled", retry_at=None)
            )

        self._db.write(work)

    def is_disabled(self, tenant: str, url: str) -> bool:
        """Whether this endpoint wants to be told nothing more."""
        query = select(literal(1)).where(*_endpoint(tenant, url))
        return self._db.read(lambda tx: tx.execute(query).first() is not None)

    def enable(self, tenant: str, url: str) -> bool:
        """Tell this endpoint of what ends from now on; False if it was not disabled."""
        statement = delete(disabled_endpoints).where(*_endpoint(tenant, url))
        return self._db.write(lambda tx: tx.execute(statement).rowcount > 0)

    def get(self, tenant: str, delivery_id: UUID) -> Delivery:
        """One delivery.

        Raises:
            RequestError: ``request_invalid`` if there is none.
        """
        query = select(*DELIVERY_COLUMNS).where(
            deliveries.c.id == delivery_id, deliveries.c.tenant == tenant
        )
        row = self._db.read(lambda tx: tx.execute(query).first())
        if row is None:
            raise RequestError(f"there is no delivery {delivery_id}", code="request_invalid")
        return delivery_of(row)


def _due(now: datetime) -> Select[tuple[UUID]]:
    ahead = now + _CLOCK_SLACK
    was_set_back = deliveries.c.touched_at > ahead
    return (
        select(deliveries.c.id)
        .where(
            IS_PENDING,
            or_(deliveries.c.retry_at.is_(None), deliveries.c.retry_at <= now, was_set_back),
            or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < now, was_set_back),
            or_(
                deliveries.c.message_at.is_(None),
                deliveries.c.message_at < now - _RESEND_AFTER,
                deliveries.c.message_at > ahead,
            ),
        )
        .order_by(deliveries.c.created_at)
    )


def _endpoint(tenant: str, url: str) -> tuple[Any, Any]:
    return disabled_endpoints.c.tenant == tenant, disabled_endpoints.c.url == url
