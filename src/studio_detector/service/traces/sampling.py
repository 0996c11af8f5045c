"""Which requests are traced."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, TraceState
    from opentelemetry.util.types import Attributes


def sampler(ratio: float) -> Sampler:
    """Trace a share of requests, and all that comes of each of them.

    Whoever calls may say that a request is not to be traced, and never that it must be: the ids
    are theirs to choose, so of those that they have sampled our share is drawn by lot.

    Args:
        ratio: The share, 0..1.
    """
    return ParentBased(TraceIdRatioBased(ratio), remote_parent_sampled=_ByLot(ratio))


class _ByLot(Sampler):
    """Takes a share, whatever the ids.

    Args:
        ratio: The share, 0..1.
        randomly: Gives numbers from 0 to below 1.
    """

    def __init__(self, ratio: float, randomly: Callable[[], float] = random.random) -> None:
        self._ratio = ratio
        self._randomly = randomly

    def should_sample(
        self,
        parent_context: Context | None,  # noqa: ARG002
        trace_id: int,  # noqa: ARG002
        name: str,  # noqa: ARG002
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Draw."""
        is_drawn = self._randomly() < self._ratio
        decision = Decision.RECORD_AND_SAMPLE if is_drawn else Decision.DROP
        return SamplingResult(decision, attributes if is_drawn else None)

    def get_description(self) -> str:
        """What it is called where it is shown."""
        return f"ByLot{{{self._ratio}}}"
