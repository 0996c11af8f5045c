"""The parts of the service, opened for a command and closed behind it."""

from __future__ import annotations

import contextlib
import logging
import sys
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.cli.service.options import data_folder, require_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from studio_detector.cli.options import Chosen
    from studio_detector.config.load import ResolvedSettings
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.parts import Parts
    from studio_detector.service.records import Queue
    from studio_detector.service.store.open import Store
    from studio_detector.service.variants import Variants

#: Every queue there is.
QUEUES: tuple[Queue, ...] = ("high", "standard", "detail", "webhook", "maintenance")


@contextlib.contextmanager
def opened_parts(
    chosen: Chosen, *, serves: bool, queues: Sequence[Queue] = QUEUES
) -> Iterator[tuple[ResolvedSettings, Parts]]:
    """Everything that accepts and does work.

    Args:
        chosen: What the command line sets.
        serves: Whether it answers HTTP; otherwise it only works.
        queues: What it works for, where it works.
    """
    require_service()
    resolved = chosen.resolve()

    from studio_detector.service.parts import open_parts

    with open_parts(
        resolved.service,
        resolved.settings,
        data_folder(resolved),
        partial(_settings_of_variant, resolved),
        serves=serves,
        queues=queues,
    ) as parts:
        yield resolved, parts


@contextlib.contextmanager
def opened_store(chosen: Chosen) -> Iterator[tuple[ResolvedSettings, Store]]:
    """The store alone, for commands that look into it while the service runs or rests."""
    require_service()
    resolved = chosen.resolve()

    from studio_detector.service.parts import open_store_of

    store = open_store_of(resolved.service, data_folder(resolved))
    try:
        yield resolved, store
    finally:
        store.close()


def opened_variants(resolved: ResolvedSettings) -> Variants:
    """The variants that the settings name."""
    from studio_detector.service.variants import Variants

    return Variants.load(
        resolved.settings,
        resolved.service.variants_file,
        make_settings=partial(_settings_of_variant, resolved),
    )


def _settings_of_variant(resolved: ResolvedSettings, values: Mapping[str, object]) -> Settings:
    from studio_detector.config.load import settings_from_values

    return settings_from_values(
        resolved.settings, values, place=str(resolved.service.variants_file)
    )


def log_to_console(level: str) -> None:
    """Send what the rooms of the service log to standard error."""
    logging.basicConfig(
        level=level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # A server that is away makes them write tracebacks by the second, in their gravest words; we
    # say it ourselves, once, with the next step.
    for noisy in ("pika", "dramatiq"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL + 1)
    for chatty in ("httpx2", "httpcore2", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
