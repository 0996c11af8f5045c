"""Secrets and signatures of callbacks."""

from __future__ import annotations

import json

from studio_detector.client.webhook import (
    ID_HEADER,
    SECRET_BYTES,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    parse_secret,
    signature,
    verify,
)
from studio_detector.errors import StudioDetectorError
from tools.fuzz.choice import chosen, parts_of, text_of
from tools.fuzz.target import Target

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLjSwMfKQ9r8G"  # noqa: S105 - of no service
_NOW = 1_790_000_000


def check(data: bytes) -> None:
    """A secret has as many bytes as it must; what is taken was signed with it."""
    way, data = chosen(data, (_secret, _forged, _signed))
    way(data)


def _secret(data: bytes) -> None:
    least, most = SECRET_BYTES
    if not least <= len(parse_secret(text_of(data))) <= most:
        raise AssertionError("a secret of another length")


def _forged(data: bytes) -> None:
    name, moment, signatures, payload = parts_of(data, 4)
    headers = {
        ID_HEADER: text_of(name),
        TIMESTAMP_HEADER: text_of(moment),
        SIGNATURE_HEADER: text_of(signatures),
    }
    verify(payload, headers, _SECRET, now=_NOW)
    # Nobody guesses 32 bytes, so that what was taken must be the real one.
    if signature(parse_secret(_SECRET), text_of(name), _NOW, payload) not in text_of(signatures):
        raise AssertionError("a signature that nobody made")


def _signed(data: bytes) -> None:
    name, payload = parts_of(data, 2)
    if not name.isascii() or not name.isalnum():
        return
    message_id = name.decode("ascii")
    headers = {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(_NOW),
        SIGNATURE_HEADER: signature(parse_secret(_SECRET), message_id, _NOW, payload),
    }
    try:
        message = verify(payload, headers, _SECRET, now=_NOW)
    except StudioDetectorError as error:
        if error.code != "request_invalid":
            raise AssertionError(f"signed and not taken: {error.message}") from error
    else:
        if json.loads(payload) != message:
            raise AssertionError(message)


TARGET = Target(
    title="secrets and signatures of callbacks",
    check=check,
)
