"""What would turn the verdict: the fewest measurements that would have to read otherwise.

The model is a sum, so the answer is exact for the head that gave the verdict: take the terms
that could move furthest against it, until they suffice. It speaks of numbers, not of light: in a
real picture measurements change together, and another confidence may bring the detail phase in.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from studio_detector.decision.policy import is_studio

if TYPE_CHECKING:
    from collections.abc import Collection

    from studio_detector.decision.evidence import Evidence, EvidenceTerm
    from studio_detector.decision.model import Head, Shape

# The verdict turns at even odds; a hair beyond, so that the named values do turn it.
_BEYOND = 1e-6
_REACH = 64.0
_HALVINGS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measurement that would have to read otherwise.

    Attributes:
        measure: Full name.
        value: What it reads; None where it could not be measured.
        needed: What it would have to read.
        log_odds: What it adds now.
        needed_log_odds: What it would add then.
    """

    measure: str
    value: float | None
    needed: float
    log_odds: float
    needed_log_odds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """The smallest set of changes that turns a verdict.

    Attributes:
        turns_to: "studio" or "natural".
        missing_log_odds: Log-odds by which the evidence would have to move, 0 or more.
        changes: The changes, the furthest first; empty where nothing suffices.
    """

    turns_to: str
    missing_log_odds: float
    changes: tuple[Change, ...]


def smallest_flip(head: Head, evidence: Evidence, *, fixed: Collection[str] = ()) -> Flip:
    """Find the fewest measurements whose change turns the verdict.

    Args:
        head: The head of the model that gave the verdict.
        evidence: Its evidence.
        fixed: Components that may not change, for instance the network.

    Returns:
        The smallest set; among sets of that size the one with the furthest-moving terms. All
        but the last of them move as far as their shapes go, the last only as far as needed.
    """
    now = head.confidence(evidence)
    studio = is_studio(now)
    gap = abs(evidence.logit - _turning_logit(head, to_studio=not studio))
    shapes = {shape.measure: shape for shape in head.shapes}
    # A measure that a term for two reads as well would move that term, too.
    paired = {m for term in evidence.terms if len(term.measures) > 1 for m in term.measures}
    movable = [
        (_furthest(shapes[term.measures[0]], up=not studio), term)
        for term in evidence.terms
        if len(term.measures) == 1
        and term.measures[0] in shapes
        and term.measures[0] not in paired
        and term.component not in fixed
    ]
    sign = -1 if studio else 1
    reach = [(sign * (extreme - term.log_odds), term) for extreme, term in movable]
    reach = [(distance, term) for distance, term in reach if distance > 0]
    reach.sort(key=lambda pair: -pair[0])

    changes, moved = [], 0.0
    for distance, term in reach:
        step = min(distance, gap - moved)
        target = term.log_odds + sign * step
        changes.append(_change(shapes[term.measures[0]], term, target, up=not studio))
        moved += step
        if moved >= gap:
            break
    else:
        changes = []
    return Flip(
        turns_to="natural" if studio else "studio",
        missing_log_odds=gap,
        changes=tuple(changes),
    )


def _turning_logit(head: Head, *, to_studio: bool) -> float:
    """The logit just beyond which the verdict is the other one, by bisection."""
    low, high = -_REACH, _REACH
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if is_studio(head.calibration.probability(middle)):
            high = middle
        else:
            low = middle
    return high + _BEYOND if to_studio else low - _BEYOND


def _furthest(shape: Shape, *, up: bool) -> float:
    return max(shape.log_odds) if up else min(shape.log_odds)


def _change(shape: Shape, term: EvidenceTerm, target: float, *, up: bool) -> Change:
    needed = _nearest_value(shape, term.values[0], target, up=up)
    return Change(
        measure=shape.measure,
        value=term.values[0],
        needed=needed,
        log_odds=term.log_odds,
        needed_log_odds=shape.evaluate(needed).log_odds,
    )


def _nearest_value(shape: Shape, value: float | None, target: float, *, up: bool) -> float:
    """The value nearest to the present one at which the shape reaches ``target``."""

    def reaches(log_odds: float) -> bool:
        return log_odds >= target if up else log_odds <= target

    places = [k for k, v in zip(shape.knots, shape.log_odds, strict=True) if reaches(v)]
    for (a, x), (b, y) in pairwise(zip(shape.knots, shape.log_odds, strict=True)):
        if reaches(x) != reaches(y):
            places.append(_crossing(a, b, (target - x) / (y - x)))
    if not places:  # the extreme itself, missed by a rounding
        extreme = _furthest(shape, up=up)
        places = [k for k, v in zip(shape.knots, shape.log_odds, strict=True) if v == extreme]
    start = shape.knots[len(shape.knots) // 2] if value is None else value
    return min(places, key=lambda place: abs(place - start))


def _crossing(start: float, end: float, share: float) -> float:
    place = start + share * (end - start)
    # Rounding dust beside zero is zero.
    return 0.0 if abs(place) < 1e-9 * (end - start) else place
