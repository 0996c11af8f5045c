"""JSON that would break whoever reads it: nesting, numbers that are none, numbers without end."""

from __future__ import annotations

TEXTS = (
    b'{"a":' + b"[" * 100_000,
    b'{"a":NaN}',
    b'{"a":-Infinity}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":"\xff"}',
    b"",
)
