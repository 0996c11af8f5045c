"""The fields that a line may have, and no others.

What libraries and our own code hand over beside a message may hold anything, names of files and
addresses of pictures included; so a field is written only if it stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

#: Of every line.
HEAD = ("timestamp", "level", "logger", "event")
#: What the line is about, see `studio_detector.service.logs.context`.
IDS = (
    "request_id",
    "job_id",
    "batch_id",
    "delivery_id",
    "tenant",
    "queue",
    "worker",
    "trace_id",
    "span_id",
)
#: What code of ours gives beside its message, as ``extra``.
FACTS = (
    "method",
    "route",
    "status",
    "state",
    "outcome",
    "code",
    "attempt",
    "duration_ms",
    "bytes",
)
_TAIL = ("exception",)
_ORDER = (*HEAD, *IDS, *FACTS, *_TAIL)

# Of a field; tracebacks of deep recursion are long, and nobody reads them whole.
_MOST_CHARACTERS = 4_096
_MOST_OF_EXCEPTION = 32_768


def chosen(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep known fields that have a value, in a fixed order, as text or numbers."""
    kept: dict[str, Any] = {}
    for name in _ORDER:
        value = event.get(name)
        if value is not None:
            kept[name] = value if isinstance(value, str | int | float) else str(value)
    return kept


def shortened(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Cut what is too long; the end of a traceback says more than its middle."""
    for name, value in event.items():
        if not isinstance(value, str):
            continue
        most = _MOST_OF_EXCEPTION if name in _TAIL else _MOST_CHARACTERS
        if len(value) > most:
            half = most // 2
            left_out = len(value) - 2 * half
            event[name] = f"{value[:half]} ... ({left_out} characters) ... {value[-half:]}"
    return event
