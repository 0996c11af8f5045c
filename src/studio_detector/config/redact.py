"""Values as they may be shown: without passwords and secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from studio_detector.config.keys import all_keys
from studio_detector.service.settings import Secret

#: Stands for what is not shown.
HIDDEN = "***"


def redacted(name: str, value: Any) -> Any:  # noqa: ANN401 - any setting
    """A setting's value as it may be shown.

    Args:
        name: Its dotted name.
        value: Its value.
    """
    secrecy = all_keys()[name].secrecy
    if secrecy is None or not value:
        return value
    if secrecy is Secret.WHOLE:
        return tuple(HIDDEN for _ in value) if isinstance(value, tuple) else HIDDEN
    return without_password(str(value))


def without_password(url: str) -> str:
    """An address whose password is hidden; one that cannot be read is hidden whole."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url
    except ValueError:
        return HIDDEN
    user, _, _ = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{HIDDEN}@{host}"))
