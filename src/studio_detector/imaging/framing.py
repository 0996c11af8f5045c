"""Messages between the parent and a child process: a JSON header, then plain bytes.

Nothing is unpickled: the child has touched hostile bytes, and a pickle can run code.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    #: Makes JSON of a header, or raises ``ValueError``.
    ToJson: TypeAlias = Callable[[Mapping[str, Any]], bytes]
    #: Reads it again, or raises ``ValueError`` or ``RecursionError``.
    OfJson: TypeAlias = Callable[[bytes], Any]

#: Exit status of a child that had no memory left to receive a picture.
NO_MEMORY_STATUS = 12

_LENGTHS = struct.Struct(">IQ")
_MOST_HEADER_BYTES = 1 << 20


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class FramingError(Exception):
    """The other side sent something that is not a message."""


def to_json(header: Mapping[str, Any]) -> bytes:
    """JSON of a header.

    Raises:
        ValueError: If a number is not finite.
    """
    return json.dumps(header, allow_nan=False).encode()


def of_json(text: bytes) -> Any:  # noqa: ANN401 - whatever the other side sent
    """What JSON says.

    Raises:
        ValueError: If it is none, or a number is not finite.
        RecursionError: If it is nested by the thousand.
    """
    return _DECODER.decode(text.decode())


def write_message(
    stream: BinaryIO,
    header: Mapping[str, Any],
    payload: bytes | memoryview = b"",
    *,
    to_json: ToJson = to_json,
) -> None:
    """Send one message and flush.

    Args:
        stream: Pipe to the other side.
        header: What JSON can hold.
        payload: Bytes that follow it.
        to_json: Makes the JSON.

    Raises:
        ValueError: If a number of the header is not finite; nothing was sent.
        OSError: If the other side is gone.
    """
    text = to_json(header)
    stream.write(_LENGTHS.pack(len(text), len(payload)))
    stream.write(text)
    stream.write(payload)
    stream.flush()


def read_message(
    stream: BinaryIO, most_payload_bytes: int, *, of_json: OfJson = of_json
) -> tuple[dict[str, Any], bytes]:
    """Receive one message.

    Args:
        stream: Pipe from the other side.
        most_payload_bytes: A longer payload is refused before it is read.
        of_json: Reads the JSON.

    Returns:
        Header and payload.

    Raises:
        EOFError: If the other side is gone.
        FramingError: If what came is not a message.
    """
    header_bytes, payload_bytes = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    if header_bytes > _MOST_HEADER_BYTES or payload_bytes > most_payload_bytes:
        raise FramingError(f"a message of {header_bytes} + {payload_bytes} bytes")
    try:
        header = of_json(_read_exactly(stream, header_bytes))
    # Brackets nested by the thousand exhaust the stack.
    except (ValueError, RecursionError) as error:
        raise FramingError(f"a header that is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise FramingError(f"a header that is {type(header).__name__}")
    return header, _read_exactly(stream, payload_bytes)


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the other side closed the pipe")
    return data
