"""Ids of what is being worked on, which every line of the log carries meanwhile.

They belong to the task or thread that binds them. Threads that anyio starts take them along;
threads of others begin without any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def bound(**ids: str | None) -> AbstractContextManager[None]:
    """Have lines carry ids while a block runs.

    Args:
        ids: Names of `studio_detector.service.logs.fields.IDS` and their values; None takes an
            id of an outer block away.

    Returns:
        The block. At its end also those of these names are gone that `bind` gave meanwhile.
    """
    return bound_contextvars(**ids)


def bind(**ids: str | None) -> None:
    """Have lines carry ids until the block ends that bound these names.

    Args:
        ids: See `bound`.
    """
    bind_contextvars(**ids)


def request_id() -> str | None:
    """The name of the request that is being answered; None if none is."""
    found: str | None = get_contextvars().get("request_id")
    return found
