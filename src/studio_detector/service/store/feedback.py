"""Feedback: what people say about results, kept for learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, select

from studio_detector.errors import RequestError
from studio_detector.service.store import storing
from studio_detector.service.store.tables import feedback, results
from studio_detector.service.store.types import storable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.decision.policy import Label
    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

_LABELS = ("studio", "natural", "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackNote:
    """What somebody said about a result.

    Attributes:
        id: Its name.
        tenant: Whose.
        result_id: The result.
        label: "studio", "natural" or "uncertain".
        note: In words; None without.
        created_at: When, UTC.
    """

    id: UUID
    tenant: str
    result_id: UUID
    label: Label
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRow:
    """A note beside the verdict it is about.

    Attributes:
        note: What was said.
        image_hash: The picture.
        variant: Of the result.
        pipeline_version: Of the result.
        model: Of the result.
        label: Of the result.
        confidence: P(studio) of the result, 0..1.
    """

    note: FeedbackNote
    image_hash: str
    variant: str
    pipeline_version: str
    model: str
    label: Label
    confidence: float


class FeedbackNotes:
    """The feedback of all tenants.

    Args:
        db: Where it is.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def add(
        self, tenant: str, result_id: UUID, label: Label, note: str | None = None
    ) -> FeedbackNote:
        """Keep what somebody says about a result; several may say different things.

        Raises:
            RequestError: ``result_unknown``; ``request_invalid`` for another label.
        """
        if label not in _LABELS:
            raise RequestError(
                f"feedback is {label!r}; say one of: {', '.join(_LABELS)}", code="request_invalid"
            )
        said = FeedbackNote(
            id=uuid4(),
            tenant=tenant,
            result_id=result_id,
            label=label,
            note=None if note is None else storable(note),
            created_at=self._terms.clock(),
        )
        self._db.write(lambda tx: _add(tx, said))
        return said

    def for_result(self, tenant: str, result_id: UUID) -> list[FeedbackNote]:
        """What was said about a result, the oldest first."""
        query = (
            select(*feedback.c)
            .where(feedback.c.tenant == tenant, feedback.c.result_id == result_id)
            .order_by(feedback.c.created_at, feedback.c.id)
        )
        rows = self._db.read(lambda tx: tx.execute(query).all())
        return [FeedbackNote(**row._mapping) for row in rows]  # noqa: SLF001

    def newest(self, tenant: str, result_id: UUID, limit: int) -> list[FeedbackNote]:
        """What was said about a result, the newest first.

        Args:
            tenant: Whose.
            result_id: The result, a shadow's too.
            limit: Most notes.

        Raises:
            RequestError: ``result_unknown``.
        """
        is_there = select(results.c.id).where(results.c.tenant == tenant, results.c.id == result_id)
        query = (
            select(*feedback.c)
            .where(feedback.c.tenant == tenant, feedback.c.result_id == result_id)
            .order_by(feedback.c.created_at.desc(), feedback.c.id)
            .limit(limit)
        )

        def work(tx: Connection) -> list[FeedbackNote]:
            if tx.execute(is_there).first() is None:
                raise _unknown(result_id)
            return [FeedbackNote(**row._mapping) for row in tx.execute(query)]  # noqa: SLF001

        return self._db.read(work)

    def export(self, tenant: str | None = None) -> Iterator[FeedbackRow]:
        """All feedback beside the verdicts it is about, the oldest first.

        Args:
            tenant: Whose; None for everybody's.
        """
        width = len(feedback.c)
        query = (
            select(
                *feedback.c,
                results.c.image_hash,
                results.c.variant,
                results.c.pipeline_version,
                results.c.model,
                results.c.label.label("said"),
                results.c.confidence,
            )
            .join_from(feedback, results, results.c.id == feedback.c.result_id)
            .order_by(feedback.c.created_at, feedback.c.id)
        )
        if tenant is not None:
            query = query.where(feedback.c.tenant == tenant)
        names = tuple(column.name for column in feedback.c)
        for row in self._db.read(lambda tx: tx.execute(query).all()):
            image_hash, variant, version, model, label, confidence = row[width:]
            yield FeedbackRow(
                note=FeedbackNote(**dict(zip(names, row[:width], strict=True))),
                image_hash=image_hash,
                variant=variant,
                pipeline_version=version,
                model=model,
                label=label,
                confidence=confidence,
            )


def _add(tx: Connection, said: FeedbackNote) -> None:
    if not storing.holds(tx, said.tenant, said.result_id):
        raise _unknown(said.result_id)
    tx.execute(
        insert(feedback).values({name: getattr(said, name) for name in FeedbackNote.__slots__})
    )


def _unknown(result_id: UUID) -> RequestError:
    return RequestError(
        f"there is no result {result_id}; it may have been deleted, or belong to somebody else",
        code="result_unknown",
    )
