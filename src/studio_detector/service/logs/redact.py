"""Lines without secrets: keys, tokens, passwords, and what web addresses tell beside a host."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from studio_detector.reporting.hidden import HIDDEN, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import EventDict, WrappedLogger

# Written by ourselves out of a closed set, or checked when they came in.
_PLAIN = frozenset({"timestamp", "level", "route", "method", "queue", "trace_id", "span_id"})


class Redactor:
    """The step that every field of every line passes, after which it is only laid out."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()

    def hide(self, known: Iterable[str]) -> None:
        """Hide secrets from now on, as they are and as they are written in Python, JSON and URLs.

        Args:
            known: All of them; those of before are forgotten.
        """
        self._known = frozenset(form for secret in known for form in _forms(secret))

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Hide what is secret in a line."""
        for name, value in event.items():
            if isinstance(value, str) and name not in _PLAIN:
                event[name] = redacted(value, self._known)
        return event


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """A text as it may stand in the log.

    Of a web address only the host is left: a path may be the name of a file, or what lets in
    whoever knows it, and signatures stand behind it under a name of each host's own.

    Args:
        text: Any text, for instance a traceback.
        known: Secrets to be hidden wherever they stand.
    """
    if "://" in text:
        text = _web_address().sub(_host_alone, text)
    return without_secrets(text, known)


def _forms(secret: str) -> set[str]:
    return {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")}


@cache
def _web_address() -> re.Pattern[str]:
    return re.compile(r"\b(https?://)([^\s'\"<>]+)", re.IGNORECASE)


def _host_alone(found: re.Match[str]) -> str:
    scheme, rest = found.groups()
    before, at, after = rest.rpartition("@")
    # What stands before an @ may be a password that holds anything, and may be a path.
    host, *more = re.split(r"([/?#])", after, maxsplit=1)
    if at and re.search(r"[/?#]", before):
        return f"{scheme}{HIDDEN}"
    shown = f"{scheme}{HIDDEN}@{host}" if at else f"{scheme}{host}"
    return f"{shown}{more[0]}{HIDDEN}" if more and more[1] else shown + "".join(more)
