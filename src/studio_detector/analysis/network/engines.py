"""Engines by name, each opened once in a process and shared."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from studio_detector.analysis.network import onnxruntime
from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    from studio_detector.analysis.network.engine import Engine, EngineName


@cache
def open_engine(name: EngineName) -> Engine:
    """Read the weights into an engine, or return the one that has them.

    Args:
        name: "auto" takes ONNX Runtime where it can be imported, else OpenCV.

    Raises:
        MissingExtraError: ``missing_extra`` for "onnxruntime" without the extra ``fast``.
    """
    if name == "auto":
        try:
            return open_engine("onnxruntime")
        except MissingExtraError:
            return open_engine("opencv")
    if name == "onnxruntime":
        return onnxruntime.OnnxRuntimeEngine()
    # Whoever has the other engine does not pay for loading this one.
    from studio_detector.analysis.network.opencv import OpenCvEngine  # noqa: PLC0415

    return OpenCvEngine()


def engine_identity(name: EngineName) -> str:
    """Library and version that `open_engine` would compute with, told without opening it.

    Args:
        name: See `open_engine`.

    Raises:
        MissingExtraError: See `open_engine`.
    """
    if name == "auto":
        try:
            return engine_identity("onnxruntime")
        except MissingExtraError:
            return engine_identity("opencv")
    if name == "onnxruntime":
        return onnxruntime.identity()
    from studio_detector.analysis.network import opencv  # noqa: PLC0415 - see `open_engine`

    return opencv.identity()


def require_engine(name: EngineName) -> None:
    """Make sure that an engine can be opened, without opening it.

    Raises:
        MissingExtraError: ``missing_extra`` for "onnxruntime" without the extra ``fast``.
    """
    if name == "onnxruntime":
        onnxruntime.require_package()
