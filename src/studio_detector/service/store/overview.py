"""Everything of the last days together: how much came, what it was, and what people say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Integer,
    and_,
    case,
    cast,
    extract,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from studio_detector.service.store.tables import feedback, results

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.engine import Connection

    from studio_detector.service.store.engine import Database
    from studio_detector.service.store.terms import Terms

#: Into which confidences are counted, all of the same width.
BINS = 20

_EPOCH = date(1970, 1, 1)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A verdict that somebody says is wrong.

    Attributes:
        result_id: The result.
        image_hash: Its picture.
        label: Its label.
        confidence: Its P(studio), 0..1.
        feedback: "studio" or "natural": what was said last.
        note: In words; None without.
        created_at: When it was said, UTC.
    """

    result_id: UUID
    image_hash: str
    label: str
    confidence: float
    feedback: str
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What came in some days, and what was said in them.

    Attributes:
        days: Day (UTC) -> label -> results, the oldest day first; days without any are left out.
        confidences: Results by P(studio), in `BINS` bins; the last one holds 1, too.
        variants: Variant -> results, here with those of shadows.
        judged: Results of which somebody said last that they are "studio" or "natural".
        agree: Of them, on the same side of one half.
        contradictions: The newest of the others.
    """

    days: Mapping[date, Mapping[str, int]]
    confidences: tuple[int, ...]
    variants: Mapping[str, int]
    judged: int
    agree: int
    contradictions: tuple[Contradiction, ...]


class Overviews:
    """Counts of results and feedback.

    Args:
        db: Where they are.
        terms: The clock.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self._terms = terms

    def get(self, tenant: str, days: int, *, most: int = 20) -> Overview:
        """Count what a tenant has, without shadows where nothing else is said.

        Args:
            tenant: Whose.
            days: How many, the present one (UTC) included.
            most: Contradictions to list.
        """
        first = self._terms.clock().astimezone(UTC).date() - timedelta(days=days - 1)
        since = datetime.combine(first, time(), UTC)
        return self._db.read(lambda tx: self._counted(tx, tenant, since, most))

    def _counted(self, tx: Connection, tenant: str, since: datetime, most: int) -> Overview:
        by_day: dict[date, Counter[str]] = {}
        confidences = [0] * BINS
        variants: Counter[str] = Counter()
        for day, label, at, variant, is_shadow, count in self._groups(tx, tenant, since):
            variants[variant] += count
            if is_shadow:
                continue
            by_day.setdefault(_EPOCH + timedelta(days=day), Counter())[label] += count
            confidences[min(at, BINS - 1)] += count
        said = _last_words(tenant, since)
        judged, agree = tx.execute(
            select(func.count(), func.sum(case((_agrees(said), 1), else_=0))).select_from(said)
        ).one()
        listed = select(*(said.c[name] for name in Contradiction.__slots__))
        listed = listed.where(not_(_agrees(said)))
        listed = listed.order_by(said.c.created_at.desc(), said.c.id).limit(most)
        return Overview(
            days=dict(sorted(by_day.items())),
            confidences=tuple(confidences),
            variants=dict(variants),
            judged=judged,
            agree=agree or 0,
            contradictions=tuple(
                Contradiction(**row._mapping)  # noqa: SLF001
                for row in tx.execute(listed)
            ),
        )

    def _groups(self, tx: Connection, tenant: str, since: datetime) -> list[tuple[Any, ...]]:
        """All counts by one pass over the results."""
        keys = (
            self._day().label("day"),
            results.c.label.label("said"),
            self._whole(results.c.confidence * BINS).label("bin"),
            results.c.variant,
            results.c.is_shadow,
        )
        query = (
            select(*keys, func.count())
            .where(results.c.tenant == tenant, results.c.created_at >= since)
            # By their names: PostgreSQL does not see that two expressions with parameters of
            # their own are the same.
            .group_by(*(key.name for key in keys))
        )
        return [tuple(row) for row in tx.execute(query)]

    def _day(self) -> ColumnElement[int]:
        """Days since 1970, in UTC."""
        if self._db.is_sqlite:
            return type_coerce(results.c.created_at, BigInteger) // (_DAY_S * 1_000_000)
        return self._whole(extract("epoch", results.c.created_at) / _DAY_S)

    def _whole(self, number: ColumnElement[Any]) -> ColumnElement[int]:
        """A number that is not negative without its fraction."""
        # SQLite cuts it off and need not know floor(); PostgreSQL would round.
        return cast(number if self._db.is_sqlite else func.floor(number), Integer)


def _last_words(tenant: str, since: datetime) -> Subquery:
    """What was said last of each result, if that is a side."""
    turn = func.row_number().over(
        partition_by=feedback.c.result_id,
        order_by=(feedback.c.created_at.desc(), feedback.c.id),
    )
    said = (
        select(*feedback.c, turn.label("turn"))
        .where(feedback.c.tenant == tenant, feedback.c.created_at >= since)
        .subquery()
    )
    return (
        select(
            said.c.id,
            said.c.result_id,
            said.c.label.label("feedback"),
            said.c.note,
            said.c.created_at,
            results.c.image_hash,
            results.c.label,
            results.c.confidence,
            results.c.is_studio,
        )
        .join_from(said, results, results.c.id == said.c.result_id)
        .where(
            said.c.turn == 1,
            said.c.label.in_(("studio", "natural")),
            results.c.tenant == tenant,
            results.c.is_shadow.is_(False),
        )
        .subquery()
    )


def _agrees(said: Subquery) -> ColumnElement[bool]:
    return or_(
        and_(said.c.is_studio.is_(True), said.c.feedback == "studio"),
        and_(said.c.is_studio.is_(False), said.c.feedback == "natural"),
    )
