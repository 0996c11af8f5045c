"""Everything the service consists of, opened by its address: the only place that asks which.

What a setting leaves out is embedded: SQLite, a folder, memory, and workers in this process.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.service.blobs.open import open_blobs
from studio_detector.service.cache.open import open_cache
from studio_detector.service.callbacks.deliver import Deliverer
from studio_detector.service.callbacks.payload import payload_of
from studio_detector.service.callbacks.sign import open_signer
from studio_detector.service.children.children import AnalysisChildren
from studio_detector.service.draining import Draining
from studio_detector.service.fetch.fetcher import Fetcher
from studio_detector.service.fetch.poster import GuardedPoster
from studio_detector.service.intake.backlog import Backlog
from studio_detector.service.intake.folder_lock import folder_lock
from studio_detector.service.intake.intake import Intake
from studio_detector.service.intake.scratch import scratch_folder
from studio_detector.service.intake.watch import JobWatch
from studio_detector.service.queues.open import make_broker
from studio_detector.service.queues.pools import QUEUES, children_of
from studio_detector.service.queues.worker import Worker, pools_for
from studio_detector.service.similar import SimilarIndex
from studio_detector.service.store import open_store
from studio_detector.service.variants import Variants

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.blobs import Blobs
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.queues.broker import Broker
    from studio_detector.service.records import Queue
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store
    from studio_detector.service.variants_file import MakeSettings

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
        store: The truth.
        blobs: Pictures.
        cache: Results remembered.
        broker: Messages.
        children: Processes that meet the bytes.
        variants: Ways to analyse.
        fetcher: Fetches pictures.
        poster: Posts callbacks.
        deliverer: Tries callbacks.
        similar: Which pictures look alike.
        watch: Who waits in this process.
        intake: The way in.
        scratch: Private folder for what is being read; emptied at the end.
        draining: Set when the process is about to stop.
        hurry: Set when nothing more is to be waited for.
        worker: Works in this process; None where others work.
    """

    settings: ServiceSettings
    base: Settings
    store: Store
    blobs: Blobs
    cache: ResultCache
    broker: Broker
    children: AnalysisChildren
    variants: Variants
    fetcher: Fetcher
    poster: GuardedPoster
    deliverer: Deliverer
    similar: SimilarIndex
    watch: JobWatch
    intake: Intake
    scratch: Path
    draining: Draining
    hurry: threading.Event
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
) -> Iterator[Parts]:
    """Open everything, and close it in reverse.

    Args:
        settings: Of the service.
        base: Of the analysis.
        data_dir: Folder of what is embedded; made where it is missing.
        make_settings: Makes the settings of a variant; see `read_variants`.
        serves: Whether this process answers HTTP; otherwise it only works.
        queues: What it works for, where it works.

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
        variants = Variants.load(base, settings.variants_file, make_settings=make_settings)
        store = open_store_of(settings, data_dir)
        stack.callback(store.close)
        cache = open_cache(settings)
        stack.callback(cache.close)
        broker = make_broker(settings)
        stack.callback(broker.close)
        blobs = open_blobs(settings, data_dir)
        fetcher = stack.enter_context(Fetcher(settings))
        poster = stack.enter_context(GuardedPoster(settings))
        children = stack.enter_context(_children(settings, variants, queues if works else ()))
        draining = Draining(settings.drain_s)
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
            draining=draining,
        )
        parts = Parts(
            settings=settings,
            base=base,
            store=store,
            blobs=blobs,
            cache=cache,
            broker=broker,
            children=children,
            variants=variants,
            fetcher=fetcher,
            poster=poster,
            deliverer=Deliverer(
                store.deliveries, poster, open_signer(settings, data_dir), clock=store.clock
            ),
            similar=SimilarIndex(),
            watch=JobWatch(store),
            intake=intake,
            scratch=scratch,
            draining=draining,
            hurry=draining.hurry,
        )
        if works:
            children.start()
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
    url = settings.database_url
    if url is None:
        _make_folder(data_dir)
        url = f"sqlite:///{data_dir.resolve() / _DATABASE_FILE}"
    return open_store(
        url,
        lease_s=settings.lease_s,
        retry_first_s=settings.retry_first_s,
        retry_most_s=settings.retry_most_s,
        delivery_lease_s=settings.callback_timeout_s + _DELIVERY_LEASE_SPARE_S,
        payload_of=payload_of,
    )


def _children(
    settings: ServiceSettings, variants: Variants, queues: Sequence[Queue]
) -> AnalysisChildren:
    return AnalysisChildren(
        variants.settings,
        # Who does not work draws pages and overlays; nothing is started before it is needed.
        size=max(1, children_of(pools_for(settings, queues))),
        timeout_s=settings.photo_timeout_s,
        memory_bytes=settings.photo_memory_bytes,
        recycle_after=settings.recycle_after,
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
