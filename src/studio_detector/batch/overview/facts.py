"""What the overview says, gathered row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_detector.batch.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Bars of the histogram of confidence.
BINS = 20
#: Examples shown for each error code.
EXAMPLES = 3


@dataclass(slots=True)
class Facts:
    """Numbers of a batch that the overview shows; bounded in size.

    Attributes:
        counts: What the rows add up to.
        histogram: Label -> photos with a confidence in each of `BINS` equal ranges.
        examples: Error code -> (path, message) of the first photos that failed with it.
        models: Identities of the models that found it, with versions of the program.
    """

    counts: Counts = field(default_factory=Counts)
    histogram: dict[str, list[int]] = field(default_factory=dict)
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    models: set[tuple[str, str]] = field(default_factory=set)

    def add(self, result: Mapping[str, Any]) -> None:
        """Take in one result."""
        self.counts.add(result)
        error = result.get("error")
        if error is not None:
            examples = self.examples.setdefault(error["code"], [])
            if len(examples) < EXAMPLES:
                examples.append((str(result["path"]), error["message"]))
            return
        bars = self.histogram.setdefault(result["label"], [0] * BINS)
        bars[min(BINS - 1, int(result["confidence"] * BINS))] += 1
        self.models.add((result["model"], result["version"]))
