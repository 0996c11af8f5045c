"""What a Prometheus says over a time, by its HTTP interface."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from dashboards.panels import Target

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TIMEOUT_S = 60.0
# As Grafana has it: a rate needs several scrapes, whatever the step.
_SCRAPES_A_RATE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that is shown.

    Attributes:
        start_s: Its beginning, in seconds since 1970.
        end_s: Its end, likewise.
        step_s: Seconds between two points.
        scrape_s: Seconds between two looks of Prometheus at the service.
    """

    start_s: float
    end_s: float
    step_s: float
    scrape_s: float

    @property
    def rate_s(self) -> float:
        """Seconds that a rate looks at: several scrapes, and no less than a step."""
        return max(self.step_s + self.scrape_s, _SCRAPES_A_RATE * self.scrape_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values over time.

    Attributes:
        name: For the legend.
        labels: Its labels.
        times_s: Seconds since 1970, ascending.
        values: As many.
    """

    name: str
    labels: Mapping[str, str]
    times_s: tuple[float, ...]
    values: tuple[float, ...]


def filled(expression: str, span: Span, *, namespace: str = ".*") -> str:
    """A query with Grafana's variables replaced.

    Args:
        expression: PromQL with variables.
        span: The time that is shown.
        namespace: A regular expression for the service.
    """
    values = {
        "$__rate_interval": f"{span.rate_s:.0f}s",
        "$__interval": f"{span.step_s:.0f}s",
        "$__range": f"{span.end_s - span.start_s:.0f}s",
        "$namespace": namespace,
    }
    for name, value in values.items():
        expression = expression.replace(name, value)
    return expression


class Prometheus:
    """Asks; use as a context.

    Args:
        address: Where it is, for instance ``http://127.0.0.1:9090``.
        transport: What carries requests; None for the network.
    """

    def __init__(self, address: str, *, transport: httpx2.BaseTransport | None = None) -> None:
        self._client = httpx2.Client(base_url=address, timeout=_TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def ask(self, target: Target, span: Span) -> list[Series]:
        """The series of a query, sorted by name.

        Args:
            target: The query.
            span: The time.

        Raises:
            ValueError: If Prometheus refuses the query; with its words.
            httpx2.HTTPError: If it cannot be asked.
        """
        answer = self._client.post(
            "/api/v1/query_range",
            data={
                "query": filled(target.expression, span),
                "start": f"{span.start_s:.3f}",
                "end": f"{span.end_s:.3f}",
                "step": f"{span.step_s:g}",
            },
        )
        said: dict[str, Any] = answer.json()
        if said["status"] != "success":
            raise ValueError(f"{target.expression}: {said.get('error')}")
        found = [_series(one, target.legend) for one in said["data"]["result"]]
        return sorted(found, key=lambda series: series.name)


def _series(found: Mapping[str, Any], legend: str) -> Series:
    labels = found["metric"]
    name = _LABEL.sub(lambda match: labels.get(match[1], ""), legend)
    return Series(
        name=name or "value",
        labels=labels,
        times_s=tuple(float(moment) for moment, _ in found["values"]),
        values=tuple(float(value) for _, value in found["values"]),
    )
