"""EfficientNet-Lite0, fine-tuned to tell studio from natural light.

The weights lie beside this file (ATTRIBUTION.md says where they come from); the folder
``network/`` of the repository makes them. The net sees what people see and cannot say why, so
it is one term of the evidence, and the measured cues are the others.

OpenCV or ONNX Runtime computes it; as an analysis of the registry, this module leaves the
choice to `with_engine`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.analysis.network.engine import INPUT_SIDE_PX
from studio_detector.analysis.network.engines import open_engine, require_engine

if TYPE_CHECKING:
    from studio_detector.analysis.network.engine import EngineName
    from studio_detector.planes import Planes

# Logits of training pictures stay within 6; more could only come from a broken file.
_LOGIT_LIMIT = 30.0

SPEC = AnalysisSpec(
    name="network",
    version=1,
    phase="network",
    title="Network",
    summary=(
        "A small convolutional network fine-tuned on labelled photographs; "
        "its opinion is one measurement."
    ),
    measures=(
        MeasureSpec(
            name="studio_logit",
            summary="Log-odds of studio light as the network sees it, before calibration",
            unit="log-odds",
            low=-_LOGIT_LIMIT,
            high=_LOGIT_LIMIT,
            studio=1,
            mirror="varies",
            source="M. Tan, Q. Le, EfficientNet (2019), arXiv:1905.11946; Lite variant (2020)",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Network:
    """The analysis, computed by an engine of one's choice.

    Attributes:
        engine: Name of the engine, which is opened with the first picture: models that do not
            read the network never pay for it.
    """

    SPEC: ClassVar[AnalysisSpec] = SPEC
    engine: EngineName = "auto"

    def measure(self, planes: Planes) -> Measurement:
        """Run the network on one picture.

        The whole picture is squeezed to a square by area averaging, so nothing is cropped away
        and the aspect ratio is not seen. Weights are stored in 8 bits and computed with in
        float32.

        Args:
            planes: The shared planes; only the picture itself is read.

        Returns:
            ``studio_logit``; measurable on every picture, meaningful from about 64 px on.
        """
        side = (INPUT_SIDE_PX, INPUT_SIDE_PX)
        square = cv2.resize(planes.rgb, side, interpolation=cv2.INTER_AREA)
        pixels = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
        logit = open_engine(self.engine).logit(pixels)
        return Measurement.of(SPEC, {"studio_logit": max(-_LOGIT_LIMIT, min(_LOGIT_LIMIT, logit))})


def measure(planes: Planes) -> Measurement:
    """Run the network by the engine that "auto" stands for; see `Network.measure`."""
    return Network().measure(planes)


def with_engine(name: EngineName) -> Network:
    """The same analysis, computed by the engine named.

    Raises:
        MissingExtraError: ``missing_extra`` for "onnxruntime" without the extra ``fast``.
    """
    require_engine(name)
    return Network(name)
