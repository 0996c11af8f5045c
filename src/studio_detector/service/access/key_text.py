"""How a key is written: ``sk_ID_SECRET``, with a check that finds typing errors.

An id has 12 letters and digits and a secret 43, which is 256 bits of chance. Six more say
whether the rest was typed as it was given, so that a wrong key is mostly refused without asking
the database, and whoever looks for leaked keys in other places finds few that are none.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

#: What every key begins with.
PREFIX = "sk_"
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LETTERS = 12
_SECRET_LETTERS = 43
_CHECK_LETTERS = 6
_KEY = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{_ID_LETTERS}}})_[0-9A-Za-z]{{{_SECRET_LETTERS + _CHECK_LETTERS}}}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as it is sent.

    Attributes:
        id: Its name, which is no secret.
        text: The whole of it; never shown.
    """

    id: str
    text: str = field(repr=False)


def new_id() -> str:
    """An id that no other key has."""
    return _chance(_ID_LETTERS)


def new_key(key_id: str) -> KeyText:
    """A key that nobody can guess.

    Args:
        key_id: Of `new_id`.
    """
    body = f"{PREFIX}{key_id}_{_chance(_SECRET_LETTERS)}"
    return KeyText(key_id, body + _check(body))


def read_key(text: str) -> KeyText | None:
    """Take a key apart; None if it is none, or was not typed as it was given."""
    found = _KEY.fullmatch(text)
    if found is None or _check(text[:-_CHECK_LETTERS]) != text[-_CHECK_LETTERS:]:
        return None
    return KeyText(found[1], text)


def _chance(letters: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(letters))


def _check(body: str) -> str:
    # Found by chance in one of 4,000 million; it keeps nobody out, the secret does.
    left = zlib.crc32(body.encode())
    written = ""
    for _ in range(_CHECK_LETTERS):
        left, place = divmod(left, len(_LETTERS))
        written += _LETTERS[place]
    return written
