"""The parts of the service, opened for a command and closed behind it."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from studio_detector.cli.service.master_key_hook import load_hook
from studio_detector.cli.service.options import data_folder, require_service
from studio_detector.cli.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.config.load import ResolvedSettings
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.audit.log import AuditWriter
    from studio_detector.service.logs.layout import Form
    from studio_detector.service.parts import Parts
    from studio_detector.service.records import Queue
    from studio_detector.service.secret import ServiceSecret
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
    resolved = resolved_service(chosen)

    with uncollected():
        from studio_detector.service.parts import open_parts

    with open_parts(
        resolved.service,
        resolved.settings,
        data_folder(resolved),
        partial(_settings_of_variant, resolved),
        serves=serves,
        queues=queues,
        master_key_hook=load_hook(resolved.service.master_key_hook),
    ) as parts:
        yield resolved, parts


@contextlib.contextmanager
def opened_store(chosen: Chosen) -> Iterator[tuple[ResolvedSettings, Store]]:
    """The store alone, for commands that look into it while the service runs or rests."""
    resolved = resolved_service(chosen)

    from studio_detector.service.parts import open_store_of

    store = open_store_of(resolved.service, data_folder(resolved))
    try:
        yield resolved, store
    finally:
        store.close()


def secret_of(resolved: ResolvedSettings) -> ServiceSecret:
    """The secret of the service, for commands that opened its store."""
    from studio_detector.service.secret import open_secret

    return open_secret(resolved.service, data_folder(resolved))


def audit_of(resolved: ResolvedSettings, store: Store) -> AuditWriter:
    """The audit log, for acts of the command line; open it before they are done.

    Raises:
        ServiceError: ``audit_broken`` if it cannot be written on with the secret of this process.
    """
    from studio_detector.service.audit.open import open_audit

    audit = open_audit(resolved.service, store, secret_of(resolved))
    audit.check()
    return audit


def opened_variants(resolved: ResolvedSettings) -> Variants:
    """The variants that the settings name."""
    from studio_detector.service.variants import Variants

    return Variants.load(
        resolved.settings,
        resolved.service.variants_file,
        make_settings=partial(_settings_of_variant, resolved),
    )


def resolved_service(chosen: Chosen) -> ResolvedSettings:
    """The settings, with what they hold of secrets kept out of the log from now on."""
    require_service()
    resolved = chosen.resolve()

    from studio_detector.config.redact import bare_options, secret_texts
    from studio_detector.service.logs.handler import LogHandler

    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogHandler):
            handler.hide(secret_texts(resolved))
    run: Run = click.get_current_context().obj
    for option, variable in bare_options(resolved):
        run.console.say(
            f"{option} holds a secret, which everybody on this machine can read in the list of "
            f"processes; set {variable}, or write it into the configuration file\n"
        )
    return resolved


def _settings_of_variant(resolved: ResolvedSettings, values: Mapping[str, object]) -> Settings:
    from studio_detector.config.load import settings_from_values

    return settings_from_values(
        resolved.settings, values, place=str(resolved.service.variants_file)
    )


def log_to_console(level: str, form: Form = "auto") -> None:
    """Send what the rooms of the service log to standard error, without secrets.

    Args:
        level: Name of the lowest level that is written.
        form: How lines look; "auto" writes JSON unless standard error is a terminal.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    require_service()

    from studio_detector.service.logs.handler import LogHandler

    handler = LogHandler(sys.stderr, form, has_colours=not os.environ.get("NO_COLOR"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # A server that is away makes them write tracebacks by the second, in their gravest words; we
    # say it ourselves, once, with the next step.
    for noisy in ("pika", "dramatiq", "opentelemetry"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL + 1)
    # Pillow tells what it finds in EXIF, the others whom they ask.
    for chatty in ("httpx2", "httpcore2", "alembic", "urllib3", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
