"""What a worker needs of the rest of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from studio_detector.service.blobs import Vault
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.callbacks.deliver import Deliverer
    from studio_detector.service.children.children import AnalysisChildren
    from studio_detector.service.fetch.fetcher import Fetcher
    from studio_detector.service.metrics.metrics import Metrics
    from studio_detector.service.queues.broker import Broker
    from studio_detector.service.records import Job
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.similar import SimilarIndex
    from studio_detector.service.store import Store
    from studio_detector.service.traces.base import Tracer
    from studio_detector.service.variants import Variants


class Watch(Protocol):
    """Who waits for jobs in this process."""

    def notify(self, *jobs: Job) -> None:
        """Say that jobs, and maybe others that followed them, are over; never raises."""


class WorkerParts(Protocol):
    """The parts by name; all may be used by several threads at once."""

    @property
    def settings(self) -> ServiceSettings:
        """Settings of the service."""

    @property
    def store(self) -> Store:
        """The truth."""

    @property
    def broker(self) -> Broker:
        """Where messages come from and go to."""

    @property
    def blobs(self) -> Vault:
        """Where pictures lie."""

    @property
    def cache(self) -> ResultCache:
        """Where answers are remembered."""

    @property
    def children(self) -> AnalysisChildren:
        """Who analyses."""

    @property
    def fetcher(self) -> Fetcher:
        """Who fetches pictures."""

    @property
    def deliverer(self) -> Deliverer:
        """Who calls back."""

    @property
    def variants(self) -> Variants:
        """Which variants there are."""

    @property
    def similar(self) -> SimilarIndex:
        """Which pictures look alike."""

    @property
    def metrics(self) -> Metrics:
        """Who counts."""

    @property
    def tracer(self) -> Tracer:
        """Who notes spans."""

    @property
    def watch(self) -> Watch:
        """Who waits in this process."""
