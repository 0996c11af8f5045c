"""This package: end to end with the default settings, and stage by stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.candidates.floor import WORKING_SIZE_PX, scaled_decode
from benchmarks.measure import UnavailableError
from benchmarks.names import END_TO_END
from benchmarks.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Stopwatch
    from benchmarks.pictures import Picture
    from benchmarks.sizes import Size
    from studio_detector.analysis.base import Analysis, Measurement
    from studio_detector.analysis.network.engine import EngineName
    from studio_detector.planes import Planes


class EndToEnd:
    """From bytes to the line of JSON, default settings but for the network's engine."""

    def __init__(self, name: str = END_TO_END, engine: EngineName = "onnxruntime") -> None:
        self.name = name
        self._engine = engine

    def rounds(self, size: Size) -> int:
        """Every round."""
        return size.rounds

    def prepare(self) -> None:
        """Load the model."""
        from studio_detector import Detector, Settings
        from studio_detector.errors import MissingExtraError

        try:
            self._detector = Detector(Settings(network_engine=self._engine))
        except MissingExtraError as error:
            raise UnavailableError(error.message) from error

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Analyse one picture."""
        del shelf
        watch.measure(self.name, lambda: self._detector.analyse(picture.data).to_json())


class Stages:
    """The same way in steps; every step runs, also those that the policy would leave out.

    ``decode`` is the whole way from bytes to working size and includes a ``reduce``, which is
    measured once more by itself. Planes are shared as in the pipeline: a stage finds what an
    earlier one has computed.
    """

    name = "stages"

    def rounds(self, size: Size) -> int:
        """Every round, where sizes are looked at closely."""
        return size.rounds if size.name in {one.name for one in SIZES} else 0

    def prepare(self) -> None:
        """Load the model."""
        from studio_detector import Detector

        self._detector = Detector()

    def run(self, picture: Picture, shelf: Sequence[Picture], watch: Stopwatch) -> None:
        """Measure each stage on one picture."""
        del shelf
        from studio_detector.imaging import load
        from studio_detector.imaging.resize import reduce_area, working_shape
        from studio_detector.planes import Planes

        detector, model = self._detector, self._detector.model
        frame = watch.measure("decode", lambda: load(picture.data))
        pixels = scaled_decode(picture.data)
        shape = working_shape(pixels.shape[0], pixels.shape[1], WORKING_SIZE_PX)
        watch.measure("reduce", lambda: reduce_area(pixels, shape))
        planes = Planes(frame.rgb)
        measurements: dict[str, Measurement] = {}
        for phase in ("lighting", "network", "detail"):
            analyses = tuple(detector.registry.phase(phase))
            measurements |= watch.measure(phase, partial(_measure, analyses, planes))

        def decide() -> None:
            for head in (model.lighting, model.full):
                head.confidence(head.evaluate(measurements))

        watch.measure("decide", decide)
        report = detector.analyse_frame(frame)
        watch.measure("report", report.to_json)


def _measure(analyses: Sequence[Analysis], planes: Planes) -> dict[str, Measurement]:
    return {one.SPEC.name: one.measure(planes) for one in analyses}
