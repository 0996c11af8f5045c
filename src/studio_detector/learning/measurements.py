"""Measurements of many photographs as one matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.analysis.base import Measurement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from studio_detector.analysis.base import AnalysisSpec

#: Facts about the file, kept beside the measures for the shortcut probe; never model inputs.
FILE_FACTS = ("file.rows_px", "file.columns_px", "file.bytes")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasurementTable:
    """Raw numbers of many photographs.

    Attributes:
        names: Name of each photograph in its set.
        sha256: Hex digest of each file; "" for one that could not be read.
        keys: Full name of each column: `FILE_FACTS`, then ``analysis.measure``.
        values: float64 (photographs, columns), read-only. NaN stands for missing inside this
            matrix only; it never reaches a model or a report.
        failures: Name -> error code and message of photographs without any measurement.
    """

    names: tuple[str, ...]
    sha256: tuple[str, ...]
    keys: tuple[str, ...]
    values: npt.NDArray[np.float64]
    failures: Mapping[str, tuple[str, str]]

    def columns(self, keys: Sequence[str]) -> npt.NDArray[np.float64]:
        """Some columns in the order asked for: float64 (photographs, len(keys)), NaN missing."""
        positions = {key: column for column, key in enumerate(self.keys)}
        return self.values[:, [positions[key] for key in keys]]

    def of(self, names: Sequence[str]) -> MeasurementTable:
        """The rows of these photographs, in this order."""
        positions = {name: row for row, name in enumerate(self.names)}
        rows = [positions[name] for name in names]
        return MeasurementTable(
            names=tuple(names),
            sha256=tuple(self.sha256[row] for row in rows),
            keys=self.keys,
            values=self.values[rows],
            failures={n: self.failures[n] for n in names if n in self.failures},
        )

    def measurements(self, row: int, specs: Sequence[AnalysisSpec]) -> dict[str, Measurement]:
        """One row as the pipeline would hand it to a model.

        Args:
            row: Index of the photograph.
            specs: Analyses to give; one whose measures are not in the table is all missing.

        Returns:
            Analysis name -> measurement.
        """
        found = dict(zip(self.keys, self.values[row].tolist(), strict=True))
        return {
            spec.name: Measurement.of(spec, {m.name: found.get(spec.key(m)) for m in spec.measures})
            for spec in specs
        }
