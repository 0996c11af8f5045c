"""Storing a result once, however often it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Text, Uuid, and_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from studio_detector.errors import RequestError
from studio_detector.service.store.prepared import Prepared
from studio_detector.service.store.rows import (
    RESULT_COLUMNS,
    result_of,
    result_of_values,
    values_of_result,
)
from studio_detector.service.store.tables import results

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import NewResult, Result

_ADD = insert(results)
_UPSERT = Prepared(
    _ADD.on_conflict_do_update(
        index_elements=["tenant", "image_hash", "variant", "pipeline_version"],
        set_={"is_shadow": and_(results.c.is_shadow, _ADD.excluded.is_shadow)},
    ).returning(results.c.id)
)
# Locked against being erased, so that nothing comes to refer to one that is gone.
_BY_ID = (
    select(*RESULT_COLUMNS)
    .where(results.c.id == bindparam("result", type_=Uuid()))
    .with_for_update(read=True, key_share=True)
)
_HOLD = (
    select(results.c.id)
    .where(
        results.c.id == bindparam("result", type_=Uuid()),
        results.c.tenant == bindparam("of", type_=Text()),
    )
    .with_for_update(read=True, key_share=True)
)


def store(tx: Connection, new: NewResult, now: datetime) -> Result:
    """The result of a piece of work: the new one, or the one that was stored before.

    A result that was scored for comparison alone and is now asked for is no shadow any more.
    """
    values = values_of_result(new, uuid4(), now)
    (result_id,) = _UPSERT.one(tx, values)
    if result_id == values["id"]:
        return result_of_values(values)
    return kept(tx, result_id)


def kept(tx: Connection, result_id: UUID) -> Result:
    """A result that is stored.

    Raises:
        RequestError: ``result_unknown`` if it was deleted meanwhile.
    """
    row = tx.execute(_BY_ID, {"result": result_id}).first()
    if row is None:
        raise RequestError(
            f"there is no result {result_id}; it was deleted meanwhile, so analyse the picture",
            code="result_unknown",
        )
    return result_of(row)


def holds(tx: Connection, tenant: str, result_id: UUID) -> bool:
    """Keep a result from being erased until the end; whether it is there."""
    return tx.execute(_HOLD, {"result": result_id, "of": tenant}).first() is not None
