"""What an engine is, and what all engines share: the weights and the size of the input."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: "auto" takes ONNX Runtime where it is installed, else OpenCV.
EngineName: TypeAlias = Literal["auto", "opencv", "onnxruntime"]

#: Side of the square the picture is squeezed to, as in training.
INPUT_SIDE_PX = 160
#: File of the weights, beside this module.
WEIGHTS = "lite0_studio_int8w.onnx"


class Engine(Protocol):
    """Computes the network in float32, on one thread, for any number of callers at once.

    Attributes:
        name: Library and version, for people.
    """

    name: str

    def logit(self, pixels: npt.NDArray[np.float32]) -> float:
        """Compute the network's log-odds of studio light for one picture.

        Args:
            pixels: C-contiguous float32 (1, 3, `INPUT_SIDE_PX`, `INPUT_SIDE_PX`), sRGB, 0..255.

        Returns:
            The logit; equal pixels give equal numbers on one machine.
        """
        ...


def read_weights() -> bytes:
    """The network as an ONNX file."""
    return files("studio_detector.analysis.network").joinpath(WEIGHTS).read_bytes()
