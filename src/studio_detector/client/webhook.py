"""Callbacks by Standard Webhooks 1.0.0: what both sides compute, and how a receiver checks.

Only the standard library is needed, so that a receiver can take this file alone with
`studio_detector.errors`. ``examples/webhook_receiver.py`` shows a whole receiver.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Protocol

from studio_detector.errors import ConfigError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Name of the message: equal in every try, so that a receiver can pass over a second one.
ID_HEADER = "webhook-id"
#: Whole seconds since 1970 (UTC) of this try.
TIMESTAMP_HEADER = "webhook-timestamp"
#: Signatures, separated by spaces; one that fits is enough.
SIGNATURE_HEADER = "webhook-signature"
#: What secrets begin with.
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of all of them
#: Bytes of a secret, by the specification.
SECRET_BYTES = (24, 64)
#: Seconds by which the clocks of both sides may differ.
TOLERANCE_S = 300.0

_VERSION = "v1"
_MOST_DIGITS = 12


class _Headers(Protocol):
    """Names and values: a mapping, or what ``http.server`` gives."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Each name with its value."""


def parse_secret(text: str) -> bytes:
    """Read a secret.

    Args:
        text: ``whsec_`` and base64, padded or not, of 24 to 64 bytes.

    Returns:
        The key that signs.

    Raises:
        ConfigError: ``config_invalid_value``. The message does not hold the secret.
    """
    hint = "write whsec_ followed by the base64 of 24 to 64 random bytes"
    if not text.startswith(SECRET_PREFIX):
        raise ConfigError(
            f"a secret does not begin with {SECRET_PREFIX}; {hint}", code="config_invalid_value"
        )
    encoded = text[len(SECRET_PREFIX) :].rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"a secret is no base64; {hint}", code="config_invalid_value") from None
    least, most = SECRET_BYTES
    if not least <= len(key) <= most:
        raise ConfigError(f"a secret has {len(key)} bytes; {hint}", code="config_invalid_value")
    return key


def signature(key: bytes, message_id: str, timestamp: int, payload: bytes) -> str:
    """Sign a message.

    Args:
        key: From `parse_secret`.
        message_id: Its name.
        timestamp: Whole seconds since 1970 (UTC) of this try.
        payload: The body, to the byte.

    Returns:
        ``v1,`` and the base64 of the HMAC-SHA256 over id, timestamp and payload.
    """
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"{_VERSION},{base64.b64encode(digest).decode('ascii')}"


def verify(
    payload: bytes,
    headers: _Headers,
    secrets: str | Sequence[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> dict[str, Any]:
    """Check that a callback comes from who holds the secret, is whole, and is fresh.

    Args:
        payload: The body as it came, to the byte, before anything parses it.
        headers: Of the request; case does not matter.
        secrets: ``whsec_...``, one or several; while secrets change, both.
        tolerance_s: Seconds by which the clocks may differ; an older message may be a copy
            that somebody sends again.
        now: Seconds since 1970 (UTC); None takes the clock.

    Returns:
        The message: ``type``, ``timestamp`` and ``data``. Tries of one message may arrive
        twice; keep their ``webhook-id`` for some minutes and pass over a second one.

    Raises:
        RequestError: ``signature_invalid`` if a header is missing or doubled, the time is too
            far away or no signature fits; ``request_invalid`` if the payload is signed, but is
            no JSON object.
        ConfigError: ``config_invalid_value`` for a secret that is none.
    """
    keys = [parse_secret(text) for text in ([secrets] if isinstance(secrets, str) else secrets)]
    message_id = _header(headers, ID_HEADER)
    if not message_id.isascii():
        raise _invalid(f"{ID_HEADER} holds more than ASCII")
    timestamp = _timestamp(_header(headers, TIMESTAMP_HEADER))
    away_s = (time.time() if now is None else now) - timestamp
    if abs(away_s) > tolerance_s:
        raise _invalid(
            f"it is {abs(away_s):.0f} s too {'old' if away_s > 0 else 'new'} or the clocks "
            f"differ; {tolerance_s:.0f} s are allowed"
        )
    given = [text.encode("utf-8", "replace") for text in _header(headers, SIGNATURE_HEADER).split()]
    expected = [signature(key, message_id, timestamp, payload).encode("ascii") for key in keys]
    # Every pair is compared, in constant time, so that the time tells nothing.
    fits = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(fits):
        raise _invalid("no signature fits; check the secret, and that the body is unchanged")
    return _parsed(payload)


def _header(headers: _Headers, name: str) -> str:
    values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) != 1 or not values[0]:
        raise _invalid(f"there are {len(values)} headers {name}; one with a value is needed")
    return values[0]


def _timestamp(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise _invalid(f"{TIMESTAMP_HEADER} holds no whole seconds")
    return int(text)


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise RequestError(
            "the callback is signed, but is no JSON object; ask who sent it",
            code="request_invalid",
        )
    return message


def _invalid(reason: str) -> RequestError:
    return RequestError(f"the callback is not to be trusted: {reason}", code="signature_invalid")
