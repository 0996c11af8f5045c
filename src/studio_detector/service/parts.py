"""Everything the service consists of, opened by its address: the only place that asks which.

What a setting leaves out is embedded: SQLite, a folder, memory, and workers in this process.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.service.access.open import open_authenticator
from studio_detector.service.audit.acts import start_of, stop_of
from studio_detector.service.audit.of_request import ObjectNames
from studio_detector.service.audit.open import open_audit
from studio_detector.service.blobs.open import open_blobs
from studio_detector.service.cache.counted import CountedCache
from studio_detector.service.cache.open import open_cache
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.payload import payload_of
from studio_detector.service.callbacks.sign import open_signer
from studio_detector.service.children.children import AnalysisChildren
from studio_detector.service.draining import Draining
from studio_detector.service.erasure.erase import Eraser
from studio_detector.service.erasure.journal import JOURNAL_FILE, Journal
from studio_detector.service.fetch.fetcher import Fetcher
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.intake.backlog import Backlog
from studio_detector.service.intake.folder_lock import folder_lock
from studio_detector.service.intake.intake import Intake
from studio_detector.service.intake.scratch import scratch_folder
from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.metrics.metrics import Metrics
from studio_detector.service.metrics.open import open_metrics
from studio_detector.service.queues.open import make_broker
from studio_detector.service.queues.pools import QUEUES, children_of, kept_of
from studio_detector.service.queues.worker import Worker, pools_for
from studio_detector.service.rates.open import open_rates
from studio_detector.service.secret import open_secret
from studio_detector.service.similar import SimilarIndex
from studio_detector.service.store import open_store
from studio_detector.service.traces.base import NO_TRACER
from studio_detector.service.traces.open import open_tracer
from studio_detector.service.variants import Variants
from studio_detector.service.vault.at_hand import AtHand
from studio_detector.service.vault.envelope import HEAD
from studio_detector.service.vault.open import open_vault

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.access.authenticate import Authenticator
    from studio_detector.service.audit.log import AuditWriter
    from studio_detector.service.blobs import Vault
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.queues.broker import Broker
    from studio_detector.service.rates.base import Rates
    from studio_detector.service.records import Queue
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store
    from studio_detector.service.traces.base import Tracer
    from studio_detector.service.variants_file import MakeSettings
    from studio_detector.service.vault.key_wrapper import KeyWrapper

_DATABASE_FILE = "studio.db"
_SCRATCH = "scratch"
_PRIVATE = 0o700
# Longer than any callback takes, so that none is begun twice.
_DELIVERY_LEASE_SPARE_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The open parts; all may be used by several threads at once.

    Attributes:
        settings: Of the service.
        base: Of the analysis, which the default variant uses.
        secret: Of the service, from which keys are derived.
        store: The truth.
        authenticator: Recognises who sends requests.
        audit: The log of who did what.
        blobs: Pictures.
        cache: Results remembered.
        broker: Messages.
        rates: Requests and megapixels, counted.
        children: Processes that meet the bytes.
        variants: Ways to analyse.
        fetcher: Fetches pictures.
        poster: Posts callbacks.
        deliverer: Tries callbacks.
        similar: Which pictures look alike.
        watch: Who waits in this process.
        intake: The way in.
        eraser: The way out for good.
        scratch: Private folder for what is being read; emptied at the end.
        metrics: Counts.
        tracer: Notes spans.
        draining: Set when the process is about to stop.
        hurry: Set when nothing more is to be waited for.
        worker: Works in this process; None where others work.
    """

    settings: ServiceSettings
    base: Settings
    secret: ServiceSecret
    store: Store
    authenticator: Authenticator
    audit: AuditWriter
    blobs: Vault
    cache: ResultCache
    broker: Broker
    rates: Rates
    children: AnalysisChildren
    variants: Variants
    fetcher: Fetcher
    poster: GuardedPoster
    deliverer: Deliverer
    similar: SimilarIndex
    watch: JobWatch
    intake: Intake
    eraser: Eraser
    scratch: Path
    draining: Draining
    hurry: threading.Event
    metrics: Metrics = field(default_factory=Metrics)
    tracer: Tracer = NO_TRACER
    worker: Worker | None = None


@contextlib.contextmanager
def open_parts(
    settings: ServiceSettings,
    base: Settings,
    data_dir: Path,
    make_settings: MakeSettings,
    *,
    serves: bool,
    queues: Sequence[Queue] = QUEUES,
    master_key_hook: KeyWrapper | None = None,
) -> Iterator[Parts]:
    """Open everything, and close it in reverse.

    Args:
        settings: Of the service.
        base: Of the analysis.
        data_dir: Folder of what is embedded; made where it is missing.
        make_settings: Makes the settings of a variant; see `read_variants`.
        serves: Whether this process answers HTTP; otherwise it only works.
        queues: What it works for, where it works.
        master_key_hook: What the setting of that name names, loaded at the edge.

    Yields:
        The parts; embedded workers run, and drain when the block is left.

    Raises:
        ConfigError: If a setting does not fit.
        BusyError: ``store_unavailable`` or ``storage_unavailable``.
        StudioDetectorError: What an analysis cannot start with.
    """
    works = not (serves and settings.is_scaled)
    _make_folder(data_dir)
    with contextlib.ExitStack() as stack:
        if not settings.is_scaled and settings.database_url is None:
            _hold(stack, data_dir)
        scratch = _scratch(stack, data_dir)
        tracer = open_tracer(settings)
        stack.callback(tracer.close)
        variants = Variants.load(base, settings.variants_file, make_settings=make_settings)
        secret = open_secret(settings, data_dir)
        store = open_store_of(settings, data_dir)
        stack.callback(store.close)
        authenticator = open_authenticator(settings, store, secret)
        stack.callback(authenticator.close)
        audit = open_audit(settings, store, secret)
        stack.callback(audit.close)
        metrics = open_metrics(variants)
        cache = CountedCache(open_cache(settings), metrics.cache.met)
        stack.callback(cache.close)
        broker = make_broker(settings)
        stack.callback(broker.close)
        rates = open_rates(settings)
        stack.callback(rates.close)
        blobs = _blobs(stack, settings, data_dir, store, master_key_hook)
        fetcher = stack.enter_context(Fetcher(settings))
        poster = stack.enter_context(GuardedPoster(settings))
        children = stack.enter_context(
            _children(settings, variants, queues if works else (), metrics)
        )
        draining = Draining(settings.drain_s)
        tags, similar = SubjectTags.of(secret), SimilarIndex()
        # Without a broker, what is accepted here is worked on here, but for what was left behind.
        watch = JobWatch(store, is_told=not settings.is_scaled)
        intake = Intake(
            settings=settings,
            limits=base.limits,
            store=store,
            blobs=blobs,
            cache=cache,
            broker=broker,
            variants=variants,
            fetcher=fetcher,
            poster=poster,
            backlog=Backlog(store.jobs.backlog, settings.max_backlog),
            rates=rates,
            tags=tags,
            draining=draining,
            tracer=tracer,
        )
        parts = Parts(
            settings=settings,
            base=base,
            secret=secret,
            store=store,
            authenticator=authenticator,
            audit=audit,
            blobs=blobs,
            cache=cache,
            broker=broker,
            rates=rates,
            children=children,
            variants=variants,
            fetcher=fetcher,
            poster=poster,
            deliverer=Deliverer(
                store.deliveries,
                poster,
                open_signer(settings, data_dir),
                clock=store.clock,
                tracer=tracer,
                count=metrics.callbacks.met,
            ),
            similar=similar,
            watch=watch,
            intake=intake,
            eraser=Eraser(
                store=store,
                blobs=blobs,
                cache=cache,
                similar=similar,
                watch=watch,
                journal=Journal(data_dir / JOURNAL_FILE),
                audit=audit,
                tags=tags,
            ),
            scratch=scratch,
            draining=draining,
            hurry=draining.hurry,
            metrics=metrics,
            tracer=tracer,
        )
        watched(parts, serves=serves)
        audit.start()
        audit.act(start_of(settings, ObjectNames(secret), serves=serves))
        stack.callback(audit.note, stop_of(serves=serves))
        # Before anybody can see what a backup brought back.
        parts.eraser.replay()
        if works:
            children.start()
        elif settings.sandbox == "require":
            # Or the first page would say what the start should have said.
            children.start_drawing()
        if works and serves:
            yield _with_worker(parts, stack)
        else:
            yield parts


def open_store_of(settings: ServiceSettings, data_dir: Path) -> Store:
    """Open the store that the settings mean, for who needs nothing else.

    Args:
        settings: Of the service.
        data_dir: Folder of the embedded database; made where it is missing.

    Raises:
        ConfigError: ``config_invalid_value``.
        BusyError: ``store_unavailable``.
    """
    if settings.database_url is None:
        _make_folder(data_dir)
    return open_store(
        database_url_of(settings, data_dir),
        lease_s=settings.lease_s,
        retry_first_s=settings.retry_first_s,
        retry_most_s=settings.retry_most_s,
        delivery_lease_s=settings.callback_timeout_s + _DELIVERY_LEASE_SPARE_S,
        payload_of=payload_of,
    )


def database_url_of(settings: ServiceSettings, data_dir: Path) -> str:
    """Address of the database that the settings mean; nothing is made.

    Args:
        settings: Of the service.
        data_dir: Folder of the embedded database.
    """
    return settings.database_url or f"sqlite:///{data_dir.resolve() / _DATABASE_FILE}"


def watched(parts: Parts, *, serves: bool) -> None:
    """Have the metrics tell, at each scrape, what others know.

    Args:
        parts: The open parts.
        serves: Whether this process answers HTTP; what is in the store is for those to tell.
    """
    if serves:
        parts.metrics.watch_store(parts.store.observations.now)
    parts.metrics.watch_parts(
        {
            "picture_host": parts.fetcher.hosts_left_alone,
            "callback_host": parts.poster.hosts_left_alone,
            "cache": lambda: int(parts.cache.is_left_alone),
        },
        parts.children.occupied,
    )


def _blobs(
    stack: contextlib.ExitStack,
    settings: ServiceSettings,
    data_dir: Path,
    store: Store,
    hook: KeyWrapper | None,
) -> Vault:
    # Of scaled services, not every process has maintenance, which tidies.
    place = open_blobs(settings, data_dir, noise=None if settings.is_scaled else HEAD)
    stack.callback(place.close)
    vault = open_vault(settings, data_dir, place, store, hook)
    if settings.is_scaled:
        return vault
    # What is taken in here is analysed here.
    at_hand = AtHand(vault)
    stack.callback(at_hand.close)
    return at_hand


def _children(
    settings: ServiceSettings, variants: Variants, queues: Sequence[Queue], metrics: Metrics
) -> AnalysisChildren:
    pools = pools_for(settings, queues)
    return AnalysisChildren(
        variants.settings,
        # Who does not work draws pages and overlays; nothing is started before it is needed.
        size=max(1, children_of(pools)),
        kept=kept_of(pools),
        timeout_s=settings.photo_timeout_s,
        memory_bytes=settings.photo_memory_bytes,
        recycle_after=settings.recycle_after,
        sandbox=settings.sandbox,
        metrics=metrics,
    )


def _with_worker(parts: Parts, stack: contextlib.ExitStack) -> Parts:
    worker = Worker(parts)
    worker.start()
    stack.callback(lambda: worker.stop(parts.draining.left_s()))
    return replace(parts, worker=worker)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
    except OSError as error:
        raise _unusable(folder, error) from error


def _hold(stack: contextlib.ExitStack, data_dir: Path) -> None:
    """Be alone: another process would take up the jobs of this one as left by a dead one."""
    try:
        stack.enter_context(folder_lock(data_dir.resolve()))
    except BlockingIOError as error:
        raise ConfigError(
            f"another service uses the folder {str(data_dir)!r}; stop it, or give this one a "
            "data_dir of its own",
            code="config_invalid_value",
        ) from error
    except OSError as error:
        raise _unusable(data_dir, error) from error


def _scratch(stack: contextlib.ExitStack, data_dir: Path) -> Path:
    above = data_dir / _SCRATCH
    _make_folder(above)
    try:
        return stack.enter_context(scratch_folder(above.resolve()))
    except OSError as error:
        raise _unusable(above, error) from error


def _unusable(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"data_dir {str(folder)!r} cannot be made ({error.strerror or error}); "
        "name a folder that can be written",
        code="config_invalid_value",
    )
