"""Our view of tracing; without the extra, and without a collector, nothing is traced.

Spans say which steps were taken and how long each took. They carry ids, counts and codes, and
never an address, a name or the words of an error.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

#: What a span stands for: the answer to a request from outside; putting work into the queue;
#: work that came out of it; a question to another host; anything else.
Kind = Literal["server", "producer", "consumer", "client", "internal"]


class Span(Protocol):
    """A step that is being taken."""

    def rename(self, name: str) -> None:
        """Call it by what was found out about it; from a closed set of names."""

    def set(self, **facts: str | float | None) -> None:
        """Say more of it: ``job_id`` becomes ``studio.job_id``; None is left out."""

    def failed(self, code: str) -> None:
        """Say that it ended badly, by the code of an error."""


class Tracer(Protocol):
    """Notes spans; safe to use from many threads and tasks."""

    @property
    def is_on(self) -> bool:
        """Whether anything is noted."""

    def span(
        self, name: str, *, kind: Kind = "internal", parent: str | None = None
    ) -> AbstractContextManager[Span]:
        """A span for as long as a block runs; a child of the one around it.

        What the block raises marks it as failed, by its code or its class.

        Args:
            name: From a closed set.
            kind: What it stands for. A "server" or "consumer" has no span around it.
            parent: Its parent instead, as `here` wrote it in another process; of a "server",
                as the caller wrote it, who may be anybody. What cannot be read is no parent.
        """

    def past(self, name: str, begun_at: datetime, ended_at: datetime, *, parent: str) -> None:
        """Note a span that is over.

        Args:
            name: From a closed set.
            begun_at: When it began, UTC.
            ended_at: When it ended, UTC.
            parent: Its parent, as `here` wrote it.
        """

    def here(self) -> str | None:
        """The span around this as W3C writes it (``traceparent``), for another process."""

    def close(self) -> None:
        """Hand over what is noted, within about two seconds, and note no more."""


class _Nothing:
    """No span."""

    def rename(self, name: str) -> None:
        """Nothing is called so."""

    def set(self, **facts: str | float | None) -> None:
        """Nothing is said."""

    def failed(self, code: str) -> None:
        """Nothing failed."""


class NoTracer:
    """Notes nothing, at the price of a call."""

    is_on = False

    def __init__(self) -> None:
        self._none: contextlib.nullcontext[Span] = contextlib.nullcontext(_Nothing())

    def span(
        self,
        name: str,  # noqa: ARG002 - see `Tracer`
        *,
        kind: Kind = "internal",  # noqa: ARG002
        parent: str | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[Span]:
        """See `Tracer.span`."""
        return self._none

    def past(self, name: str, begun_at: datetime, ended_at: datetime, *, parent: str) -> None:
        """See `Tracer.past`."""

    def here(self) -> str | None:
        """See `Tracer.here`."""
        return None

    def close(self) -> None:
        """See `Tracer.close`."""


#: It has no state, so that one does for all.
NO_TRACER = NoTracer()
