"""Text from anywhere without what looks like a secret: for logs and for reports of defects."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Stands for what is not shown.
HIDDEN = "***"

# A text that is shorter is found everywhere by chance.
_LEAST_CHARACTERS = 4
_HEADERS = r"\b((?:proxy-)?authorization|signature|(?:set-)?cookie|x-api-key)"
_OF_HEADERS = ("authorization", "signature", "cookie", "x-api-key")
_OF_NAMES = ("password", "passwd", "pwd", "secret", "token")
_NAMES = rf"\b(\w*(?:{'|'.join(_OF_NAMES)}))"
_OF_PARAMETERS = "(?:pass|pwd|secret|token|key|sig|credential)"
_PARAMETER_NAME = rf"[\w.%-]*{_OF_PARAMETERS}[\w.%-]*"
# Each keeps what tells the kind of secret and hides the rest, and is looked for only where one of
# the words before it stands, since most texts have none. The order matters: a header may hold a
# key, and a parameter be called like a header.
_PATTERNS = (
    # Private keys, over several lines.
    (
        ("private key",),
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?s:.*?)(-----END|\Z)",
        rf"\1{HIDDEN}\2",
    ),
    # Parameters of signed addresses: their hosts have many names for them.
    (("?", "&"), rf"([?&]{_PARAMETER_NAME}=)[^\s&#'\"<>]+", rf"\1{HIDDEN}"),
    # Keys of ours, whose ids are no secret, and secrets of callbacks.
    (("sk_",), r"\b(sk_(?:[0-9a-z]{1,32}_)?)[\w+/=-]{8,}", rf"\1{HIDDEN}"),
    (("whsec_",), r"\b(whsec_)[\w+/=-]{4,}", rf"\1{HIDDEN}"),
    # Headers as tuples and mappings of them are printed, and as they are sent.
    (_OF_HEADERS, rf"{_HEADERS}(['\"]\s*[:,=]\s*b?)(['\"])(?:(?!\3).)*\3", rf"\1\2{HIDDEN}"),
    (_OF_HEADERS, rf"{_HEADERS}(\s*[:=]\s*)[^\r\n]+", rf"\1\2{HIDDEN}"),
    (("bearer",), r"\b(bearer)(\s+)[\w.~+/=-]{8,}", rf"\1\2{HIDDEN}"),
    # Tokens: three parts, of which the first begins as JSON does in base64.
    (("eyj",), r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", HIDDEN),
    # A password in an address may hold what should have been escaped.
    (("://",), r"(://[^\s:/@'\"<>]*:)[^\s'\"<>]+@", rf"\1{HIDDEN}@"),
    (_OF_NAMES, rf"{_NAMES}(['\"]?\s*[=:]\s*b?['\"]?)[^\s&'\",;)]+", rf"\1\2{HIDDEN}"),
    # Keys of 32 bytes in base64, as ours that wrap keys of pictures.
    (("=",), r"(?<![\w+/=-])[\w+/-]{43}=(?![\w=])", HIDDEN),
)
_PARAMETER = rf"([?&][^=&#]*{_OF_PARAMETERS}[^=&#]*=)[^&#]*"


def without_secrets(text: str, known: Iterable[str] = ()) -> str:
    """Hide what looks like a key, a token, a header that holds one, or a password.

    Args:
        text: Any text, for instance a traceback.
        known: Secrets to be hidden wherever they stand, whatever they look like.
    """
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _LEAST_CHARACTERS:
            text = text.replace(secret, HIDDEN)
    # By `casefold`, since patterns without case take a long s for an s, too.
    folded = text.casefold()
    for words, pattern, shown in _compiled():
        if any(word in folded for word in words):
            text = pattern.sub(shown, text)
    return text


@cache
def _compiled() -> tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...]:
    """Compiled when they are needed, since every start of the program would pay for it."""
    return tuple(
        (words, re.compile(pattern, re.IGNORECASE), shown) for words, pattern, shown in _PATTERNS
    )


def without_password(url: str) -> str:
    """An address without its password, wherever that stands; hidden whole if it cannot be read.

    Args:
        url: An address, or what was meant as one.
    """
    try:
        urlsplit(url)
    except ValueError:
        return HIDDEN
    scheme, slashes, rest = url.partition("://")
    before, at, host = rest.rpartition("@")
    user, colon, _ = before.partition(":")
    if slashes and at and colon:
        url = f"{scheme}://{user}:{HIDDEN}@{host}"
    return re.sub(_PARAMETER, rf"\1{HIDDEN}", url, flags=re.IGNORECASE)
