"""Folds for cross-validation that keep groups whole and classes even."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy.typing as npt

    Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One division of the examples.

    Attributes:
        fit: Indices to fit on, rising.
        held_out: Indices to judge on, rising; no group has members in both.
    """

    fit: Indices
    held_out: Indices


def grouped_folds(
    groups: Sequence[Hashable],
    classes: Sequence[Hashable],
    *,
    folds: int = 5,
    seed: int = 0,
) -> tuple[Fold, ...]:
    """Divide examples into folds of about equal size and class shares, groups kept whole.

    Groups are dealt from the largest to the smallest (the seed orders equals), each to the
    fold where it evens out the class counts most. Greedy, as an exact division is NP-hard;
    a single group larger than a fold stays uneven.

    Args:
        groups: Group of each example.
        classes: Class of each example.
        folds: Number of folds, at least 2.
        seed: Another seed gives another division.

    Returns:
        One `Fold` for each part; every example is held out exactly once.

    Raises:
        ConfigError: ``config_invalid_value`` if there are fewer groups than folds.
    """
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    if not 2 <= folds <= len(members):
        raise ConfigError(
            f"{len(members)} groups cannot be divided into {folds} folds; "
            "use at least 2 folds and at most one for each group",
            code="config_invalid_value",
        )
    names = {name: column for column, name in enumerate(dict.fromkeys(classes))}
    codes = np.array([names[name] for name in classes])
    totals = np.bincount(codes, minlength=len(names)).astype(np.float64)

    counts = {
        group: np.bincount(codes[indices], minlength=len(names)) / totals
        for group, indices in members.items()
    }
    order = list(members)
    np.random.default_rng(seed).shuffle(order)
    order.sort(key=lambda group: -len(members[group]))

    filled = np.zeros((folds, len(names)))
    assigned = np.empty(len(codes), dtype=np.intp)
    for group in order:
        # Squares, so that the class a fold lacks most weighs most; an even deal minimises them.
        cost = ((filled + counts[group]) ** 2 - filled**2).sum(axis=1)
        fold = int(np.lexsort((filled.sum(axis=1), cost.round(12)))[0])
        filled[fold] += counts[group]
        assigned[members[group]] = fold
    return tuple(
        Fold(fit=np.flatnonzero(assigned != fold), held_out=np.flatnonzero(assigned == fold))
        for fold in range(folds)
    )


def repeated_grouped_folds(
    groups: Sequence[Hashable],
    classes: Sequence[Hashable],
    *,
    folds: int = 5,
    repeats: int = 1,
    seed: int = 0,
) -> tuple[tuple[Fold, ...], ...]:
    """Divide several times with different seeds; see `grouped_folds`.

    Returns:
        One division for each repeat.
    """
    return tuple(
        grouped_folds(groups, classes, folds=folds, seed=seed + repeat) for repeat in range(repeats)
    )


@dataclass(frozen=True, slots=True, eq=False)
class ValueFold:
    """One division by what the photographs have in common: a region, a camera maker, a year.

    Attributes:
        name: What is held out, for people: "Africa", or "2021 and later".
        fold: The division; no group has members in both parts. Examples that belong to the
            groups held out without being held out themselves are in neither.
    """

    name: str
    fold: Fold


def folds_by_value(
    groups: Sequence[Hashable], values: Sequence[str], *, fewest: int = 1
) -> tuple[ValueFold, ...]:
    """Hold out one value after the other: a geographic or an equipment split.

    Args:
        groups: Group of each example.
        values: Region or maker of each example; "" where unknown. Unknown ones are never held
            out, and fitted on as far as their groups allow.
        fewest: Examples that a value must have to be held out.

    Returns:
        One fold for each value, in the order of their names.
    """
    known = np.array(values)
    return tuple(
        ValueFold(value, fold)
        for value in sorted(set(values) - {""})
        if np.count_nonzero(known == value) >= fewest
        and (fold := _without_their_groups(groups, known == value)).fit.size
    )


def folds_by_year(
    groups: Sequence[Hashable], years: Sequence[str], *, first_years: Sequence[str]
) -> tuple[ValueFold, ...]:
    """Fit on the past and judge on what came later: a temporal split.

    Args:
        groups: Group of each example.
        years: Year of each example, four digits; "" where unknown. Unknown ones are in
            neither part, because they might come from the future.
        first_years: First year held out, one for each fold.

    Returns:
        One fold for each of ``first_years`` with examples on both sides.
    """
    when = np.array(years)
    folds = []
    for first in first_years:
        later = when >= first
        fold = _without_their_groups(groups, later)
        past = fold.fit[(when[fold.fit] != "")]
        if past.size and fold.held_out.size:
            folds.append(ValueFold(f"{first} and later", Fold(past, fold.held_out)))
    return tuple(folds)


def _without_their_groups(groups: Sequence[Hashable], held_out: npt.NDArray[np.bool_]) -> Fold:
    seen = {group for group, out in zip(groups, held_out, strict=True) if out}
    free = np.array([group not in seen for group in groups], dtype=np.bool_)
    return Fold(fit=np.flatnonzero(free), held_out=np.flatnonzero(held_out))
