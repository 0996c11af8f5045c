"""How a line looks: JSON for machines, columns for people. Nothing in it can begin another line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer

from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

#: "auto" is "console" on a terminal, and "json" elsewhere.
Form = Literal["auto", "json", "console"]

_INDENT = "    "


def layout(form: Form, *, is_terminal: bool, has_colours: bool) -> tuple[Processor, ...]:
    """The last steps of a line.

    Args:
        form: What was asked for.
        is_terminal: Whether people look at where it goes.
        has_colours: Whether it may be coloured.
    """
    if form == "json" or (form == "auto" and not is_terminal):
        # ASCII alone: line ends and marks of direction of any script are escaped.
        return (JSONRenderer(separators=(",", ":")),)
    return (_harmless, ConsoleRenderer(colors=has_colours, repr_native_str=True, sort_keys=False))


def _harmless(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape what a terminal obeys; of a traceback no line begins where lines of the log do."""
    for name, value in event.items():
        if not isinstance(value, str):
            continue
        if name == "exception":
            event[name] = "\n".join(_INDENT + printable(line) for line in value.split("\n"))
        else:
            event[name] = printable(value)
    return event
