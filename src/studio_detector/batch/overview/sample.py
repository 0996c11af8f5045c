"""A fixed number of pictures of each label, chosen evenly and always the same."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Chosen:
    """One picture of the sample.

    Attributes:
        key: Digest by which it was drawn; also the name of its thumbnail.
        path: Its name.
        confidence: P(studio).
    """

    key: str
    path: str
    confidence: float


@dataclass(slots=True)
class Sample:
    """Keeps, for each label, the pictures with the smallest digests of place and name.

    That is a random sample of all pictures seen, in memory for those kept alone, and it does
    not depend on where a run was interrupted.

    Attributes:
        size: Most pictures for each label.
    """

    size: int
    _kept: dict[str, list[tuple[int, Chosen]]] = field(default_factory=dict)

    def offer(self, row: int, result: Mapping[str, Any]) -> tuple[Chosen | None, Chosen | None]:
        """Offer a picture.

        Args:
            row: Number of its row.
            result: What was found.

        Returns:
            The picture, if it was taken, and the one that left for it, if any.
        """
        if "error" in result or not self.size:
            return None, None
        path = str(result["path"])
        digest = hashlib.sha256(f"{row}:".encode() + path.encode("utf-8", "surrogatepass"))
        key = digest.hexdigest()
        chosen = Chosen(key=key, path=path, confidence=float(result["confidence"]))
        kept = self._kept.setdefault(result["label"], [])
        # heapq keeps the smallest in front; negated, that is the largest digest.
        item = (-int(key, 16), chosen)
        if len(kept) < self.size:
            heapq.heappush(kept, item)
            return chosen, None
        _, left = heapq.heappushpop(kept, item)
        return (None, None) if left is chosen else (chosen, left)

    def of(self, label: str) -> list[Chosen]:
        """The pictures of a label, most like a studio first."""
        kept = [chosen for _, chosen in self._kept.get(label, [])]
        return sorted(kept, key=lambda chosen: (-chosen.confidence, chosen.key))
