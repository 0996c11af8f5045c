"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """A moment: ``timestamptz`` on PostgreSQL, microseconds since 1970 on SQLite.

    SQLite has no type for moments; whole numbers compare as moments do, which text does only
    as long as everybody writes it alike.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the database itself stores."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """On the way in."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """On the way out, always in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value
            return moment.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


class SentText(TypeDecorator[str]):
    """Text that others wrote: what a database cannot hold is replaced, not refused.

    PostgreSQL takes no NUL, and neither takes half a surrogate pair, which names of files
    may have.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """On the way in."""
        del dialect
        return None if value is None else storable(value)


def to_json(value: object) -> str:
    """JSON text that either database takes; see `SentText`.

    NaN and infinity, which are no JSON, become null: unknown.
    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a surrogate pair
        text = orjson.dumps(_storable_json(value))
    # Rare, so that nearly every value is written once and walked never.
    if b"\\u0000" in text:
        text = orjson.dumps(_storable_json(value))
    return text.decode()


def storable(text: str) -> str:
    """A text as it will be read again; see `SentText`."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def _storable_json(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable_json(name): _storable_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable_json(inner) for inner in value]
    return value


#: JSON as each database likes it best; None is NULL.
JSON_VALUE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

#: A number that grows with each row; SQLite counts only in columns declared INTEGER.
COUNTER = BigInteger().with_variant(Integer(), "sqlite")
