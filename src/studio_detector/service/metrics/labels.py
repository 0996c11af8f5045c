"""Values of labels come from closed sets: whatever else is met becomes one and the same word.

Each value makes a series that every scrape carries and Prometheus keeps. A name that callers can
choose would let them fill its memory.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What a value is called that is in no set.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Closed:
    """The values that a label may have.

    Attributes:
        values: All but `OTHER`.
    """

    values: frozenset[str]

    def of(self, value: object) -> str:
        """The value itself if it is one of them, else `OTHER`."""
        return value if isinstance(value, str) and value in self.values else OTHER
