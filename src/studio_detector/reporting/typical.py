"""What values a measure takes on studio and on natural photographs, to compare one with.

The numbers lie in ``data/typical.json``, written by `studio_detector.learning.typical` from the
training photographs. They illustrate; no verdict depends on them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Quantiles kept of each class.
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """The spread of one measure in the training photographs.

    Attributes:
        studio: Values at `QUANTILES` among studio photographs, never falling.
        natural: The same among natural ones.
    """

    studio: tuple[float, ...]
    natural: tuple[float, ...]

    @property
    def low(self) -> float:
        """Least value of both rows."""
        return min(self.studio[0], self.natural[0])

    @property
    def high(self) -> float:
        """Largest value of both rows."""
        return max(self.studio[-1], self.natural[-1])


def typical_values() -> Mapping[str, Typical]:
    """Read the shipped table.

    Returns:
        Full name of a measure -> its spread. Measures of plugins have none.
    """
    text = files("studio_detector.reporting").joinpath("data/typical.json").read_text("utf-8")
    return {
        measure: Typical(studio=tuple(row["studio"]), natural=tuple(row["natural"]))
        for measure, row in json.loads(text)["measures"].items()
    }
