"""Options that the commands under ``remote`` share."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from studio_detector.cli.options import debug_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_detector.client import Client
    from studio_detector.client.wishes import Wishes

_R = TypeVar("_R")

_URL = click.option(
    "--url",
    metavar="URL",
    help="Address of the service; also STUDIO_DETECTOR_URL.  [default: http://127.0.0.1:8000]",
)
_WISHES = (
    click.option(
        "--priority",
        type=click.Choice(["standard", "high"]),
        help="High waits behind no standard work.",
    ),
    click.option(
        "--phases",
        multiple=True,
        metavar="PHASE",
        help="Look at details: auto (in doubt), lighting (never) or all (always); or, repeated, "
        "the analyses to run.",
    ),
    click.option("--variant", metavar="NAME", help="Variant of the service to use."),
    click.option("--callback-url", metavar="URL", help="Address that is told when it is over."),
    click.option(
        "--subject",
        metavar="TAG",
        help="Your name for who is shown; the service keeps a hash of it, to export and erase by.",
    ),
    click.option(
        "--near-duplicates/--no-near-duplicates",
        default=None,
        help="Take the result of a picture that looks alike; it is marked as such.",
    ),
)


def service_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add ``--url`` and ``--debug``; the command gets an open ``client``."""

    @functools.wraps(command)
    def with_client(
        *args: Any,  # noqa: ANN401 - whatever the command takes
        url: str | None,
        **others: Any,  # noqa: ANN401 - whatever the command takes
    ) -> _R:
        with _client(url) as client:
            return command(*args, client=client, **others)

    return _URL(debug_option(with_client))


def wish_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add what can be wished for beside pictures; the command gets it as ``wishes``."""

    @functools.wraps(command)
    def with_wishes(
        *args: Any,  # noqa: ANN401 - whatever the command takes
        phases: tuple[str, ...],
        **others: Any,  # noqa: ANN401 - whatever the command takes
    ) -> _R:
        wishes: Wishes = {}
        if phases:
            wishes["phases"] = phases[0] if len(phases) == 1 else phases
        for name in ("priority", "variant", "callback_url", "subject", "near_duplicates"):
            value = others.pop(name)
            if value is not None:
                wishes[name] = value
        return command(*args, wishes=wishes, **others)

    decorated: Callable[..., _R] = with_wishes
    for option in reversed(_WISHES):
        decorated = option(decorated)
    return decorated


def _client(url: str | None) -> Client:
    from studio_detector.client import Client
    from studio_detector.client.transport import DEFAULT_URL
    from studio_detector.config.environment import API_KEY_VARIABLE, URL_VARIABLE

    return Client(
        url or os.environ.get(URL_VARIABLE) or DEFAULT_URL,
        api_key=os.environ.get(API_KEY_VARIABLE) or None,
    )
