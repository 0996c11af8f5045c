"""What is measured side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.candidates.brisque import Brisque
from benchmarks.candidates.cleanvision import CleanVision
from benchmarks.candidates.floor import Floor
from benchmarks.candidates.ours import EndToEnd, Stages
from benchmarks.candidates.seed import Seed
from benchmarks.names import CORE_INSTALL

if TYPE_CHECKING:
    from benchmarks.measure import Candidate


def all_candidates() -> list[Candidate]:
    """Ours and the others, unprepared."""
    core = EndToEnd(CORE_INSTALL, "opencv")
    return [Floor(), EndToEnd(), core, Stages(), CleanVision(), Brisque(), Seed()]


def scaling_candidates() -> list[Candidate]:
    """Those followed from small to large pictures."""
    return [Floor(), EndToEnd()]
