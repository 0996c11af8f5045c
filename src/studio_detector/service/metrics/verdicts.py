"""Verdicts: what they are, how sure, how often details were looked at, and how far all drifts."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from studio_detector.decision.policy import Label
from studio_detector.service.metrics.labels import Closed
from studio_detector.service.metrics.quietly import quietly
from studio_detector.service.metrics.registry import counter, histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import CollectorRegistry

    from studio_detector.service.metrics.drift import Drift
    from studio_detector.service.records import NewResult

#: Why details were looked at, or why not.
Reason: TypeAlias = Literal["doubt", "asked", "sure", "lighting_only"]

_LABELS = Closed(frozenset(get_args(Label)))


class VerdictMetrics:
    """Counts verdicts on photos that were analysed.

    Args:
        registry: Where.
        models: Identities of the models that may give verdicts.
        drift: Looks how far they lie from the training photographs; None where nobody knows
            these.
    """

    def __init__(
        self, registry: CollectorRegistry, models: Iterable[str], drift: Drift | None
    ) -> None:
        self._models = Closed(frozenset(models))
        self._drift = drift
        self._verdicts = counter(registry, "studio_verdicts_total")
        self._detail = counter(registry, "studio_detail_total")
        self._confidence = histogram(registry, "studio_confidence")
        for label, model in product(_LABELS.values, self._models.values):
            self._verdicts.labels(label, model)
        for reason in get_args(Reason):
            self._detail.labels(reason)

    @quietly
    def given(self, result: NewResult) -> None:
        """A photo was analysed, and the store has its result.

        Args:
            result: The result; one that is scored for comparison alone is not counted.
        """
        if result.is_shadow:
            return
        self._verdicts.labels(_LABELS.of(result.label), self._models.of(result.model)).inc()
        self._detail.labels(reason_of(result)).inc()
        self._confidence.observe(result.confidence)
        if self._drift is not None:
            self._drift.add(result)


def reason_of(result: NewResult) -> Reason:
    """Why details of a photo were looked at, or why not."""
    if result.work.phases == "all":
        return "asked"
    if result.work.phases == "lighting":
        return "lighting_only"
    return "sure" if result.phase3_results is None else "doubt"
