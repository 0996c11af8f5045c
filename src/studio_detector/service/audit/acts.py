"""Acts on this machine: by the command line, and by the service itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from studio_detector.service.audit.base import Entry
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from studio_detector.service.audit.base import Outcome
    from studio_detector.service.audit.of_request import ObjectNames
    from studio_detector.service.settings import ServiceSettings

#: Who acts where somebody uses ``studio-detector`` beside the service.
COMMAND_LINE = "command-line"
#: Who acts where nobody does.
SERVICE = "service"


def act_of(
    actor: str, action: str, on: str, *, tenant: str = "", outcome: Outcome = "allowed"
) -> Entry:
    """An act that was done now.

    Args:
        actor: `COMMAND_LINE`, `SERVICE`, or `Principal.actor`.
        action: In a word with dots, for instance "key.created".
        on: What it was done to; nothing that a caller wrote.
        tenant: Whose objects; "" for those of nobody.
        outcome: How it ended.
    """
    return Entry(
        at=datetime.now(UTC),
        tenant=tenant,
        actor=actor,
        action=action,
        object=on,
        outcome=outcome,
    )


def start_of(settings: ServiceSettings, names: ObjectNames, *, serves: bool) -> Entry:
    """The start of a process of the service.

    Args:
        settings: Named by a keyed hash, so that a start with others shows.
        names: Makes it.
        serves: Whether it answers HTTP.
    """
    kind = "serve" if serves else "worker"
    on = f"{kind} {VERSION} settings {names.nameless(repr(settings))}"
    return act_of(SERVICE, "service.started", on)


def stop_of(*, serves: bool) -> Entry:
    """The end of a process of the service.

    Args:
        serves: Whether it answered HTTP.
    """
    return act_of(SERVICE, "service.stopped", "serve" if serves else "worker")
