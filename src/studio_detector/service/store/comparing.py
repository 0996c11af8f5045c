"""Results beside results: pictures that look alike, variants that disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from studio_detector.service.records import Work
from studio_detector.service.similar import HashRow
from studio_detector.service.store.tables import feedback, results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two verdicts on one picture.

    Attributes:
        tenant: Whose.
        image_hash: The picture.
        a_id: Result of the first variant.
        b_id: Result of the second.
        a_label: Its label.
        b_label: Likewise.
        a_confidence: P(studio) of the first, 0..1.
        b_confidence: Likewise.
        feedback: What people said last about either result; None if nothing.
    """

    tenant: str
    image_hash: str
    a_id: UUID
    b_id: UUID
    a_label: str
    b_label: str
    a_confidence: float
    b_confidence: float
    feedback: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreements:
    """Two variants compared; see `Results.disagreements`.

    Attributes:
        a: Name of the first.
        b: Name of the second.
        pictures: That both have seen, each counted once by its newest results.
        labels_differ: Of them, with different labels.
        verdicts_differ: Of them, on different sides of one half.
        mean_difference: Mean of |confidence of a - confidence of b|; None without pictures.
        judged: Of them, with feedback "studio" or "natural".
        a_right: Of the judged, where the first is on the right side of one half.
        b_right: Likewise.
        rows: Those with different labels, the largest difference of confidence first.
    """

    a: str
    b: str
    pictures: int
    labels_differ: int
    verdicts_differ: int
    mean_difference: float | None
    judged: int
    a_right: int
    b_right: int
    rows: tuple[Disagreement, ...]


def hashes_after(tx: Connection, after_seq: int, limit: int, tenant: str | None) -> list[HashRow]:
    """See `Results.hashes_after`."""
    query = (
        select(
            results.c.seq,
            results.c.tenant,
            results.c.id,
            results.c.perceptual_hash,
            results.c.perceptual_quality,
            results.c.variant,
            results.c.pipeline_version,
            results.c.phases,
        )
        .where(results.c.seq > after_seq, results.c.perceptual_hash.is_not(None))
        .order_by(results.c.seq)
        .limit(limit)
    )
    if tenant is not None:
        query = query.where(results.c.tenant == tenant)
    return [
        HashRow(*row[:3], Work(variant=row[5], pipeline_version=row[6], phases=row[7]), *row[3:5])
        for row in tx.execute(query)
    ]


def disagreements(
    tx: Connection, variants: tuple[str, str], tenant: str | None, limit: int
) -> Disagreements:
    """See `Results.disagreements`."""
    pairs = [_pair(row) for row in _pairs(tx, variants, tenant)]
    differing = [pair for pair in pairs if pair.a_label != pair.b_label]
    differing.sort(key=lambda pair: (-_difference(pair), pair.tenant, pair.image_hash))
    judged = [pair for pair in pairs if pair.feedback in {"studio", "natural"}]
    return Disagreements(
        a=variants[0],
        b=variants[1],
        pictures=len(pairs),
        labels_differ=len(differing),
        verdicts_differ=sum((p.a_confidence > 0.5) != (p.b_confidence > 0.5) for p in pairs),
        mean_difference=sum(map(_difference, pairs)) / len(pairs) if pairs else None,
        judged=len(judged),
        a_right=sum((p.a_confidence > 0.5) == (p.feedback == "studio") for p in judged),
        b_right=sum((p.b_confidence > 0.5) == (p.feedback == "studio") for p in judged),
        rows=tuple(differing[:limit]),
    )


def _pair(row: Sequence[object]) -> Disagreement:
    return Disagreement(**dict(zip(Disagreement.__slots__, row, strict=True)))  # type: ignore[arg-type]


def _difference(pair: Disagreement) -> float:
    return abs(pair.a_confidence - pair.b_confidence)


def _pairs(
    tx: Connection, variants: tuple[str, str], tenant: str | None
) -> Sequence[Sequence[object]]:
    a, b = (
        _newest(variant, tenant).subquery(name)
        for variant, name in zip(variants, "ab", strict=True)
    )
    said = (
        select(feedback.c.label)
        .where(feedback.c.result_id.in_((a.c.id, b.c.id)))
        .order_by(feedback.c.created_at.desc(), feedback.c.id)
        .limit(1)
        .scalar_subquery()
    )
    query = select(
        a.c.tenant,
        a.c.image_hash,
        a.c.id,
        b.c.id,
        a.c.label,
        b.c.label,
        a.c.confidence,
        b.c.confidence,
        said,
    ).join_from(a, b, and_(a.c.tenant == b.c.tenant, a.c.image_hash == b.c.image_hash))
    return [tuple(row) for row in tx.execute(query)]


def _newest(variant: str, tenant: str | None) -> Select[Any]:
    """The newest result of a variant for each picture, since versions change."""
    newest = select(func.max(results.c.seq)).where(results.c.variant == variant)
    if tenant is not None:
        newest = newest.where(results.c.tenant == tenant)
    newest = newest.group_by(results.c.tenant, results.c.image_hash)
    return select(
        results.c.tenant, results.c.image_hash, results.c.id, results.c.label, results.c.confidence
    ).where(results.c.seq.in_(newest))
