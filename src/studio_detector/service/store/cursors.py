"""Cursors: where the next page of a list begins, as text that only we read."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from studio_detector.errors import RequestError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CHECK_BYTES = 6
#: A cursor is short; whatever is longer is none.
_MOST_CHARACTERS = 200
#: Numbers of rows fit eight bytes with a sign.
_MOST_NUMBER = 2**63 - 1


def written(kind: str, moment: datetime, mark: UUID | int) -> str:
    """A cursor.

    Args:
        kind: Which list it belongs to; no other list takes it.
        moment: Of the last row given.
        mark: What tells that row from others of the same moment.
    """
    micros = (moment - _EPOCH) // _MICROSECOND
    body = json.dumps([micros, str(mark)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(kind, body) + body).decode().rstrip("=")


def moment_and_id(kind: str, cursor: str) -> tuple[datetime, UUID]:
    """What was written for a list whose rows have ids.

    Raises:
        RequestError: ``request_invalid`` if it is not one that `written` gave for this list.
    """
    try:
        moment, mark = _read(kind, cursor)
        return moment, UUID(mark)
    except (ValueError, TypeError, OverflowError) as error:
        raise _refusal(cursor) from error


def moment_and_number(kind: str, cursor: str) -> tuple[datetime, int]:
    """What was written for a list whose rows have numbers.

    Raises:
        RequestError: ``request_invalid`` if it is not one that `written` gave for this list.
    """
    try:
        moment, mark = _read(kind, cursor)
        return moment, range(_MOST_NUMBER)[int(mark)]
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise _refusal(cursor) from error


def _read(kind: str, cursor: str) -> tuple[datetime, str]:
    if len(cursor) > _MOST_CHARACTERS or not cursor.isascii():
        raise ValueError(len(cursor))
    padded = cursor + "=" * (-len(cursor) % 4)
    raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(kind, body):
        raise ValueError(check)
    micros, mark = json.loads(body)
    if type(micros) is not int or type(mark) is not str:
        raise TypeError(type(mark).__name__)
    return _EPOCH + micros * _MICROSECOND, mark


def _check(kind: str, body: bytes) -> bytes:
    # Against mix-ups and typing errors, not against forgery: a cursor grants nothing.
    return hashlib.blake2s(body, digest_size=_CHECK_BYTES, person=kind.encode()[:8]).digest()


def _refusal(cursor: str) -> RequestError:
    return RequestError(
        f"the cursor {cursor[:40]!r} is none of this list; take the one of the page before, or "
        "none to begin anew",
        code="request_invalid",
    )
