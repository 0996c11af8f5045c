"""How the numbers of the training photographs were spread, to compare those of today with.

A model's distribution lies beside it: ``distributions/NAME.json`` for a model that comes with
the package, ``FILE.distribution.json`` for the model file ``FILE.json``. It is written by
`studio_detector.learning.distribution`; no verdict depends on it.

.. code-block:: text

    format        1
    model         "full@1+0123456789ab"     identity of the model whose confidences these are
    doubt         [0.3, 0.7]                bounds within which details were looked at
    made_by, training_set                   for people
    confidence    bins                      of the usual policy of phases
    measures      {"shadow.edge_softness_ratio": bins, ...}    of all photographs
    in_doubt      {"texture.noise": bins, ...}                 details, of those in doubt alone

    bins = {edges, counts, missing}
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_detector.decision.shipped import is_file
from studio_detector.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

#: Version of the JSON form.
FORMAT = 1
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """How often a number had which value.

    Attributes:
        edges: Rising. A bin holds what is above the edge before it and not above its own; the
            last one what is above all edges.
        counts: Photographs in each bin: one more than edges.
        missing: Photographs without the number, a bin of their own.

    Raises:
        ValueError: If they do not fit together.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.edges) + 1:
            raise ValueError(f"{len(self.counts)} bins have {len(self.edges)} edges between them")
        if not all(low < high for low, high in pairwise(self.edges)):
            raise ValueError(f"the edges do not rise: {list(self.edges)}")
        if min(*self.counts, self.missing) < 0 or not sum(self.counts) + self.missing:
            raise ValueError("the counts are of no photographs")

    @property
    def all_counts(self) -> tuple[int, ...]:
        """Photographs in each bin, the last one that of the missing."""
        return (*self.counts, self.missing)

    def place(self, value: float | None) -> int:
        """Which of `all_counts` a value belongs to; None is missing."""
        return len(self.counts) if value is None else bisect_left(self.edges, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The spread of everything that a model's training photographs gave.

    Attributes:
        model: Identity of the model.
        doubt: Bounds of the confidence from lighting within which details were looked at.
        confidence: P(studio) under the policy "auto".
        measures: Full name of a measure -> its bins, for the analyses that always run.
        in_doubt: The same of details, of the photographs in doubt: under that policy the
            others' are never measured.
        card: Who made it of what, for people.
    """

    model: str
    doubt: tuple[float, float]
    confidence: Bins
    measures: Mapping[str, Bins]
    in_doubt: Mapping[str, Bins]
    card: Mapping[str, Any]


def load_distribution(model: str) -> Distribution | None:
    """Read what lies beside a model.

    Args:
        model: Name or path of the model, as settings have it.

    Returns:
        None if nothing lies there. Whether it is of that very model, its identity tells.

    Raises:
        ModelError: ``model_invalid`` if it cannot be read.
    """
    source: Path | Traversable
    if is_file(model):
        source = path_beside(Path(model))
    else:
        folder = files("studio_detector.decision").joinpath("distributions")
        source = folder.joinpath(model + _SUFFIX)
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(source, error) from error
    try:
        return from_document(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _invalid(source, error) from error


def path_beside(model_file: Path) -> Path:
    """Where the distribution of a model file lies."""
    return model_file.with_name(f"{model_file.stem}.distribution{_SUFFIX}")


def from_document(document: Mapping[str, Any]) -> Distribution:
    """Turn plain data back into a distribution.

    Raises:
        ValueError: If it is none, or of another format; also TypeError, KeyError or
            AttributeError.
    """
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']!r} is not {FORMAT}")
    low, high = document["doubt"]
    return Distribution(
        model=str(document["model"]),
        doubt=(float(low), float(high)),
        confidence=_bins(document["confidence"]),
        measures={name: _bins(found) for name, found in document["measures"].items()},
        in_doubt={name: _bins(found) for name, found in document["in_doubt"].items()},
        card={name: document[name] for name in ("made_by", "training_set")},
    )


def dumps(distribution: Distribution) -> str:
    """Write a distribution as JSON, one number a line, so that a change of one shows as one."""
    head = {
        "format": FORMAT,
        "model": distribution.model,
        "doubt": list(distribution.doubt),
        **distribution.card,
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines.append(f' "confidence": {_text(distribution.confidence)}')
    for key, found in (
        ("measures", distribution.measures),
        ("in_doubt", distribution.in_doubt),
    ):
        rows = ",\n".join(f"  {json.dumps(name)}: {_text(bins)}" for name, bins in found.items())
        lines.append(f' "{key}": {{\n{rows}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _bins(found: Mapping[str, Any]) -> Bins:
    return Bins(
        edges=tuple(float(edge) for edge in found["edges"]),
        counts=tuple(int(count) for count in found["counts"]),
        missing=int(found["missing"]),
    )


def _text(bins: Bins) -> str:
    return json.dumps(
        {"edges": list(bins.edges), "counts": list(bins.counts), "missing": bins.missing},
        allow_nan=False,
    )


def _invalid(source: object, error: Exception) -> ModelError:
    return ModelError(
        f"the training distribution {str(source)!r} cannot be used ({error!r}); write it again "
        "with 'python -m studio_detector.learning.distribution'",
        code="model_invalid",
    )
