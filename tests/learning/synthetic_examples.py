"""Examples whose truth is known: groups, measurements, and the shapes that made the labels."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from decision.model_examples import spec
from studio_detector.analysis.registry import Registry
from studio_detector.learning.dataset import Photo
from studio_detector.learning.measurements import FILE_FACTS, MeasurementTable


def bend(x: np.ndarray) -> np.ndarray:
    """A shape no straight line follows: -2 at both ends, 2 in the middle."""
    return 2 - 4 * np.abs(2 * x - 1)


def rise(x: np.ndarray) -> np.ndarray:
    """A straight shape from -1.5 to 1.5."""
    return 3 * (x - 0.5)


def synthetic(
    count: int = 1200, *, groups: int = 40, missing: float = 0.0, seed: int = 3
) -> SimpleNamespace:
    """Six uniform measures of two analyses; only ``light.m0`` (bend) and ``light.m1`` (rise) tell.

    ``detail.m0`` carries a weaker signal of its own; the others are noise.
    """
    rng = np.random.default_rng(seed)
    keys = tuple(f"{a}.m{n}" for a in ("light", "detail") for n in range(3))
    matrix = rng.random((count, len(keys)))
    logit = bend(matrix[:, 0]) + rise(matrix[:, 1]) + 0.5 * rise(matrix[:, 3])
    studio = rng.random(count) < 1 / (1 + np.exp(-logit))
    matrix[rng.random(matrix.shape) < missing] = np.nan
    names = tuple(f"{index:05d}.jpg" for index in range(count))
    group = tuple(f"g{index % groups}" for index in range(count))
    facts = rng.integers(200, 500, (count, len(FILE_FACTS))).astype(float)
    return SimpleNamespace(
        keys=keys,
        matrix=matrix,
        studio=studio,
        groups=group,
        registry=registry(),
        photos=tuple(
            Photo(
                path=Path(name),
                name=name,
                label="studio" if truth else "natural",
                group=g,
                hard=index % 5 == 0,
                genre="people" if index % 2 else "object",
            )
            for index, (name, truth, g) in enumerate(zip(names, studio, group, strict=True))
        ),
        table=MeasurementTable(
            names=names,
            sha256=tuple(f"{index:064x}" for index in range(count)),
            keys=(*FILE_FACTS, *keys),
            values=np.hstack([facts, matrix]),
            failures={},
        ),
    )


def registry() -> Registry:
    """The two analyses the measures belong to."""
    specs = (spec("light"), spec("detail", phase="detail"))
    return Registry.of(SimpleNamespace(SPEC=s, measure=lambda planes: planes) for s in specs)
