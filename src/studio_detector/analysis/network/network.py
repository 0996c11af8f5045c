"""EfficientNet-Lite0, fine-tuned to tell studio from natural light, run by OpenCV.

The weights lie beside this file (ATTRIBUTION.md says where they come from); the folder
``network/`` of the repository makes them. The net sees what people see and cannot say why, so
it is one term of the evidence, and the measured cues are the others.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec

if TYPE_CHECKING:
    from studio_detector.planes import Planes

#: Side of the square the picture is squeezed to, as in training.
INPUT_SIDE_PX = 160
WEIGHTS = "lite0_studio_int8w.onnx"
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


def measure(planes: Planes) -> Measurement:
    """Run the network on one picture.

    The whole picture is squeezed to a square by area averaging, so nothing is cropped away and
    the aspect ratio is not seen. Weights are stored in 8 bits and computed with in float32.

    Args:
        planes: The shared planes; only the picture itself is read.

    Returns:
        ``studio_logit``; measurable on every picture, meaningful from about 64 px on.
    """
    side = (INPUT_SIDE_PX, INPUT_SIDE_PX)
    square = cv2.resize(planes.rgb, side, interpolation=cv2.INTER_AREA)
    blob = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
    net, lock = _net()
    with lock:
        net.setInput(blob)
        logit = float(np.ravel(net.forward())[0])
    return Measurement.of(SPEC, {"studio_logit": max(-_LOGIT_LIMIT, min(_LOGIT_LIMIT, logit))})


@lru_cache(maxsize=1)
def _net() -> tuple[cv2.dnn.Net, threading.Lock]:
    """The net, read once in a process; it holds its input, so one caller at a time."""
    weights = files("studio_detector.analysis.network").joinpath(WEIGHTS).read_bytes()
    net = cv2.dnn.readNetFromONNX(np.frombuffer(weights, dtype=np.uint8))
    return net, threading.Lock()
