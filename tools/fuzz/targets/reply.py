"""Messages of a child that has touched hostile bytes."""

from __future__ import annotations

import io
import json

from studio_detector.imaging.child import rebuild_error
from studio_detector.imaging.framing import FramingError, read_message, write_message
from studio_detector.service.children.explained import is_explanation
from studio_detector.service.children.plain_jpeg import is_plain_jpeg
from studio_detector.service.children.plain_png import is_plain_png
from studio_detector.service.children.replies import checked_hash, checked_outcome
from tools.fuzz.choice import chosen
from tools.fuzz.target import Target

_MOST_PAYLOAD_BYTES = 1024
_DIGEST = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"


def check(data: bytes) -> None:
    """What is no message is told from one; what passes can be stored and sent on."""
    way, data = chosen(data, (_message, _answer, _file))
    try:
        way(data)
    except (FramingError, EOFError):
        return


def _message(data: bytes) -> None:
    header, payload = read_message(io.BytesIO(data), _MOST_PAYLOAD_BYTES)
    if len(payload) > _MOST_PAYLOAD_BYTES:
        raise AssertionError(len(payload))
    stream = io.BytesIO()
    write_message(stream, header, payload)
    stream.seek(0)
    if read_message(stream, _MOST_PAYLOAD_BYTES) != (header, payload):
        raise AssertionError("sent on, the message is another")


def _answer(data: bytes) -> None:
    """A header of whatever JSON can hold, asked for everything that headers are asked for."""
    stream = io.BytesIO()
    stream.write(len(data).to_bytes(4, "big") + bytes(8) + data)
    stream.seek(0)
    header, _ = read_message(stream, 0)
    for ask in (_row, _hash, _error):
        try:
            ask(header)
        except FramingError:
            continue


def _file(data: bytes) -> None:
    """What was drawn or explained: it is of a kind, or is not; no question fails."""
    if is_plain_png(data) and is_plain_jpeg(data):
        raise AssertionError("two kinds at once")
    if is_explanation(data):
        json.dumps(json.loads(data), allow_nan=False, ensure_ascii=False).encode()


def _row(header: dict[str, object]) -> None:
    row = checked_outcome(header.get("row"), _DIGEST)
    text = json.dumps(row, allow_nan=False, ensure_ascii=False)
    # What a database takes as text, or refuses.
    text.encode()
    # What was a backslash before is written twice.
    if "\\u0000" in text.replace("\\\\", ""):
        raise AssertionError("a NUL went through")


def _hash(header: dict[str, object]) -> None:
    digits, quality = checked_hash(header)
    if len(bytes.fromhex(digits)) != 32 or not 0 <= quality <= 100:
        raise AssertionError((digits, quality))


def _error(header: dict[str, object]) -> None:
    error = rebuild_error(header)
    if error is not None:
        str(error)


TARGET = Target(
    title="messages of child processes",
    check=check,
)
