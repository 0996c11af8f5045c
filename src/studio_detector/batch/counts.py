"""How a batch stands: what its rows add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Counts:
    """Rows, counted as they come.

    Attributes:
        labels: Label -> rows that got it.
        failures: Error code -> rows that failed with it.
        duplicates: Rows whose bytes were analysed before.
    """

    labels: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0

    def add(self, result: Mapping[str, Any]) -> None:
        """Count one result."""
        if "error" in result:
            self.failures[result["error"]["code"]] += 1
        else:
            self.labels[result["label"]] += 1
        self.duplicates += result.get("duplicate_of") is not None

    @property
    def failed(self) -> int:
        """Rows that failed."""
        return self.failures.total()

    @property
    def rows(self) -> int:
        """All rows."""
        return self.labels.total() + self.failed
