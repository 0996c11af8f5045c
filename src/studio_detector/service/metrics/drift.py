"""How far the photos of the last days lie from those the model was trained on.

Of the usual policy of phases, details are measured on photos in doubt alone, which are not like
the others. So these have a window of their own, and are compared with training photographs in
doubt.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from studio_detector.decision.distribution import load_distribution
from studio_detector.errors import ModelError
from studio_detector.service.metrics.registry import read_gauge
from studio_detector.service.metrics.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

    from studio_detector.decision.distribution import Distribution
    from studio_detector.service.records import NewResult

_log = logging.getLogger(__name__)

# No analysis has this name, since theirs have a dot behind them.
_CONFIDENCE = "confidence"


class Drift:
    """Compares verdicts of one model with its training photographs; a collector of gauges.

    Results of other models are left out, and so are confidences under another policy of phases
    than "auto".

    Args:
        expected: Of the model.
    """

    def __init__(self, expected: Distribution) -> None:
        self._model = expected.model
        self._doubt = list(expected.doubt)
        self._all = Window({_CONFIDENCE: expected.confidence, **expected.measures})
        self._in_doubt = Window(expected.in_doubt)

    def add(self, result: NewResult) -> None:
        """Count the numbers of a photo.

        Args:
            result: Of its analysis.
        """
        if result.model != self._model:
            return
        values = _values(result.phase1_results)
        is_auto = result.work.phases == "auto"
        if is_auto:
            values[_CONFIDENCE] = result.confidence
        self._all.add(values)
        if is_auto and result.phase3_results and result.report.get("doubt") == self._doubt:
            self._in_doubt.add(_values(result.phase3_results))

    def describe(self) -> Iterable[Metric]:
        """The gauges, without a look at the photos."""
        return (
            read_gauge("studio_measurement_drift"),
            read_gauge("studio_confidence_drift"),
            read_gauge("studio_drift_window_photos"),
        )

    def collect(self) -> Iterable[Metric]:
        """The gauges as they are now; see `Window.drifts`."""
        measurements = read_gauge("studio_measurement_drift")
        confidence = read_gauge("studio_confidence_drift")
        photos = read_gauge("studio_drift_window_photos")
        photos.add_metric((), self._all.photos())
        for name, index in (self._all.drifts() | self._in_doubt.drifts()).items():
            if name == _CONFIDENCE:
                confidence.add_metric((), index)
            else:
                measurements.add_metric((name,), index)
        return measurements, confidence, photos


def drift_of(model: str, identity: str) -> Drift | None:
    """What compares the verdicts of a model, unless nobody knows its training photographs.

    Args:
        model: Its name or path, as settings have it.
        identity: Its identity.

    Returns:
        None, and a line in the log, where there is no distribution of that very model.
    """
    try:
        found = load_distribution(model)
    except ModelError as error:
        _log.warning("drift is not computed: %s", error.message)
        return None
    if found is None or found.model != identity:
        _log.info(
            "drift is not computed: there is no distribution of the training photographs of %s; "
            "write one with python -m studio_detector.learning.distribution",
            identity,
        )
        return None
    return Drift(found)


def _values(results: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        f"{analysis}.{measure}": value
        for analysis, found in results.items()
        for measure, value in found["values"].items()
    }
