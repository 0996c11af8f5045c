"""The metrics of a process, from what it can say verdicts by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector import __version__
from studio_detector.service.metrics.drift import drift_of
from studio_detector.service.metrics.metrics import Metrics

if TYPE_CHECKING:
    from studio_detector.service.variants import Variants


def open_metrics(variants: Variants) -> Metrics:
    """Open the metrics of a process.

    Drift is that of the default variant's model.

    Args:
        variants: Those of the service.
    """
    settings = variants.settings
    models = {
        name: variants.detector(name, found.phases).model.identity
        for name, found in settings.items()
    }
    usual = settings[variants.default]
    model = models[variants.default]
    metrics = Metrics(models=models.values(), drift=drift_of(usual.model, model))
    metrics.tell_build(
        version=__version__,
        model=model,
        pipeline=variants.pipeline_version(variants.default, usual.phases),
    )
    return metrics
