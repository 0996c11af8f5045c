"""The table of docs/service/observability.md, from the catalogue of metrics."""

from __future__ import annotations

from studio_detector.reporting import grid
from studio_detector.service.metrics.catalogue import CATALOGUE

_GROUPS = (
    ("Of processes that answer HTTP", ("api",)),
    ("Of processes that work", ("worker",)),
    ("Of both", ("both",)),
)


def metrics_tables() -> str:
    """Every metric: name, kind, what it says, what its labels may be."""
    parts = []
    for title, tellers in _GROUPS:
        rows = [
            (
                f"`{metric.name}`",
                metric.kind,
                metric.says,
                "; ".join(f"`{label}`: {values}" for label, values in metric.labels.items()),
            )
            for metric in CATALOGUE.values()
            if metric.told_by in tellers
        ]
        table = grid.markdown(("metric", "kind", "what it says", "labels"), rows)
        parts.append(f"{title}:\n\n{table}")
    return "\n".join(parts)
