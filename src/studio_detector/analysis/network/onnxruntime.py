"""The network by ONNX Runtime, which the extra ``fast`` brings."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from studio_detector.analysis.network.engine import read_weights
from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PACKAGE = "onnxruntime"
_ERRORS_ONLY = 3
# Version 1.32 keeps an identifier of the machine and reports to its maker; this switch is the only
# one that keeps both away, and works only before the first import.
_REPORTS_NOTHING = "ORT_DISABLE_TELEMETRY"


class OnnxRuntimeEngine:
    """See `Engine`. A session takes any number of callers at once.

    Raises:
        MissingExtraError: ``missing_extra`` if ONNX Runtime cannot be imported.
    """

    def __init__(self) -> None:
        os.environ.setdefault(_REPORTS_NOTHING, "1")
        try:
            # Optional, and not wanted by models that do not read the network.
            import onnxruntime  # noqa: PLC0415
        except ImportError as error:
            raise _missing() from error
        options = onnxruntime.SessionOptions()
        # Parallel over pictures, not inside one; and sums in an order that never changes.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = _ERRORS_ONLY
        self.name = f"{_PACKAGE} {onnxruntime.__version__}"
        self._session: Any = onnxruntime.InferenceSession(
            read_weights(), options, providers=["CPUExecutionProvider"]
        )
        self._input: str = self._session.get_inputs()[0].name

    def logit(self, pixels: npt.NDArray[np.float32]) -> float:
        """See `Engine.logit`."""
        (logits,) = self._session.run(None, {self._input: pixels})
        return float(logits[0, 0])


def require_package() -> None:
    """Make sure, without the cost of importing it, that ONNX Runtime is installed.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    if find_spec(_PACKAGE) is None:
        raise _missing()


def identity() -> str:
    """What `Engine.name` would be, mostly without the cost of importing the package.

    Raises:
        MissingExtraError: ``missing_extra``.
    """
    require_package()
    try:
        return f"{_PACKAGE} {version(_PACKAGE)}"
    except PackageNotFoundError:  # distributed under another name, as for GPUs
        return OnnxRuntimeEngine().name


def _missing() -> MissingExtraError:
    return MissingExtraError.for_package(_PACKAGE, "fast", "the network engine 'onnxruntime'")
