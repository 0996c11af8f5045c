"""The shortcut probe: what size, aspect and file size alone would tell.

A set of pictures gathered from the net can give its labels away without a look at the light.
The probe is fitted on the training split and judged beside every model: a model is only as
good as its lead over the probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio_detector.learning.fit import FitOptions
from studio_detector.learning.measurements import FILE_FACTS
from studio_detector.learning.select import Examples, eliminate

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    from studio_detector.learning.fit import FittedTerms
    from studio_detector.learning.measurements import MeasurementTable

    Floats = npt.NDArray[np.float64]

_KEYS = (
    "file.long_side_px",
    "file.pixels_log2",
    "file.aspect_log2",
    "file.bytes_log2",
    "file.bytes_per_pixel_log2",
)


def shortcut_facts(table: MeasurementTable) -> Floats:
    """Long side, pixels, aspect (rows over columns), bytes and bytes a pixel, in logarithms.

    Returns:
        float64 (photographs, 5).
    """
    rows, columns, size = table.columns(FILE_FACTS).T
    return np.stack(
        [
            np.maximum(rows, columns),
            np.log2(rows * columns),
            np.log2(rows / columns),
            np.log2(size),
            np.log2(size / (rows * columns)),
        ],
        axis=1,
    )


def fit_shortcut(
    table: MeasurementTable, studio: npt.NDArray[np.bool_], groups: Sequence[Hashable]
) -> FittedTerms:
    """Fit the probe: the same additive model as the real one, on facts of the file alone."""
    examples = Examples(
        keys=_KEYS, matrix=shortcut_facts(table), studio=studio, groups=tuple(groups)
    )
    return next(eliminate(examples, FitOptions(), (len(_KEYS),)))
