"""Everything that is counted in one process, in one object that is handed to who counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from prometheus_client.exposition import choose_encoder

from studio_detector.batch.keeper import ChildEnd
from studio_detector.service.callbacks.deliver import Tried
from studio_detector.service.metrics.errors import ErrorMetrics
from studio_detector.service.metrics.jobs import JobMetrics
from studio_detector.service.metrics.live import LiveGauges
from studio_detector.service.metrics.outcomes import Outcomes
from studio_detector.service.metrics.registry import Registry, gauge
from studio_detector.service.metrics.requests import RequestMetrics
from studio_detector.service.metrics.stages import StageMetrics
from studio_detector.service.metrics.store_gauges import StoreGauges
from studio_detector.service.metrics.verdicts import VerdictMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from studio_detector.decision.policy import Label
    from studio_detector.service.metrics.drift import Drift
    from studio_detector.service.store.observing import Observed

CacheOutcome: TypeAlias = Literal["hit", "miss", "error"]
Agreement: TypeAlias = Literal["agrees", "differs", "undecided"]


class Metrics:
    """The metrics of one process; thread-safe, and no method that counts raises.

    Args:
        models: Identities of the models that may give verdicts here.
        drift: Looks how far photos lie from the training photographs; None where nobody knows
            these.

    Attributes:
        registry: Where they are.
        errors: See `ErrorMetrics`.
        requests: See `RequestMetrics`.
        jobs: See `JobMetrics`.
        stages: See `StageMetrics`.
        verdicts: See `VerdictMetrics`.
        cache: Questions to the cache, a `CacheOutcome` each.
        callbacks: Tries of callbacks, a `Tried` each.
        feedback: What people said, an `Agreement` each.
        children: Processes that ended, a `ChildEnd` each.
    """

    def __init__(self, *, models: Iterable[str] = (), drift: Drift | None = None) -> None:
        self.registry = Registry()
        self.errors = ErrorMetrics(self.registry)
        self.requests = RequestMetrics(self.registry, self.errors)
        self.jobs = JobMetrics(self.registry, self.errors)
        self.stages = StageMetrics(self.registry)
        self.verdicts = VerdictMetrics(self.registry, models, drift)
        self.cache = self._outcomes("studio_cache_requests_total", CacheOutcome)
        self.callbacks = self._outcomes("studio_webhook_attempts_total", Tried)
        self.feedback = self._outcomes("studio_feedback_total", Agreement)
        self.children = self._outcomes("studio_children_ended_total", ChildEnd)
        self._build = gauge(self.registry, "studio_build_info")
        if drift is not None:
            self.registry.register(drift)

    def tell_build(self, *, version: str, model: str, pipeline: str) -> None:
        """Say what runs.

        Args:
            version: Of the program.
            model: Identity of the default variant's.
            pipeline: Pipeline version of the default variant.
        """
        self._build.labels(version, model, pipeline).set(1)

    def watch_store(self, look: Callable[[], Observed]) -> None:
        """Tell from now on what the store holds; see `StoreGauges`."""
        self.registry.register(StoreGauges(look))

    def watch_parts(
        self,
        breakers: Mapping[str, Callable[[], int]],
        children: Callable[[], tuple[int, int, int]],
    ) -> None:
        """Tell from now on who is left alone and who is busy; see `LiveGauges`."""
        self.registry.register(LiveGauges(breakers, children))

    def exposed(self, accept: str) -> tuple[bytes, str]:
        """All of it as text.

        Args:
            accept: Header of the request, which may ask for OpenMetrics.

        Returns:
            The text and its media type.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _outcomes(self, name: str, outcomes: object) -> Outcomes:
        return Outcomes(self.registry, name, get_args(outcomes))


def agreement(said: Label, *, is_studio: bool) -> Agreement:
    """Whether what somebody says of a photo is what the verdict says.

    Args:
        said: What they say it is.
        is_studio: The verdict.
    """
    if said == "uncertain":
        return "undecided"
    return "agrees" if (said == "studio") == is_studio else "differs"
