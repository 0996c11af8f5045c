"""The network by OpenCV, which every installation has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.network.engine import read_weights

if TYPE_CHECKING:
    import numpy.typing as npt


class OpenCvEngine:
    """See `Engine`. A net holds its input while it computes, so each caller borrows one."""

    def __init__(self) -> None:
        self.name = identity()
        # As many as have ever computed at once; taking from and adding to a list is atomic.
        self._idle = [_read_net()]

    def logit(self, pixels: npt.NDArray[np.float32]) -> float:
        """See `Engine.logit`."""
        try:
            net = self._idle.pop()
        except IndexError:
            net = _read_net()
        net.setInput(pixels)
        logit = float(np.ravel(net.forward())[0])
        self._idle.append(net)
        return logit


def identity() -> str:
    """See `Engine.name`."""
    return f"opencv {cv2.__version__}"


def _read_net() -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(np.frombuffer(read_weights(), dtype=np.uint8))
