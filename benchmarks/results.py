"""What a run found, and its JSON form."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

#: Changes when a key of the JSON form changes its name or meaning.
SCHEMA_VERSION = 1
_DIGITS = 4


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds of one thing at one size; CPU time of all threads.

    Attributes:
        name: A stage or a candidate.
        size: Name of the size.
        cpu_ms: Median.
        cpu_ms_low: Lower quartile.
        cpu_ms_high: Upper quartile.
        cpu_ms_mean: Mean, which counts what only some pictures need.
        wall_ms: Median on the clock; for information.
        count: Times measured.
    """

    name: str
    size: str
    cpu_ms: float
    cpu_ms_low: float
    cpu_ms_high: float
    cpu_ms_mean: float
    wall_ms: float
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The pictures of one size: how many, their megapixels and the median of their bytes."""

    size: str
    megapixels: float
    pictures: int
    median_bytes: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A command in a fresh process: medians of CPU and wall-clock seconds."""

    name: str
    command: str
    cpu_s: float
    wall_s: float
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Pictures through the worker pool.

    Attributes:
        size: Name of the size.
        workers: Worker processes.
        pictures_per_s: On the clock, median of the repeats, once the workers are running.
        cpu_ms: CPU milliseconds a picture of all workers, their start included.
        peak_mib: Highest memory of any one worker so far.
        count: Repeats.
    """

    size: str
    workers: int
    pictures_per_s: float
    cpu_ms: float
    peak_mib: float
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything one run found.

    Attributes:
        measured: When, ISO 8601.
        machine: Where and with what, as text.
        shelves: The pictures.
        times: Stages and candidates by size.
        scaling: End to end and the floor from small to large.
        photographs: Photographs whose way through the default policy was followed.
        detail_share: Share of them that it sent on to detail.
        processes: Fresh processes.
        peak_mib: Highest memory of one fresh process over all 12 MP pictures.
        rates: Throughput by workers.
        skipped: Candidate -> why it could not run.
    """

    measured: str
    machine: dict[str, str]
    shelves: tuple[Shelf, ...]
    times: tuple[Times, ...]
    scaling: tuple[Times, ...]
    photographs: int
    detail_share: float
    processes: tuple[Process, ...]
    peak_mib: float
    rates: tuple[Rate, ...]
    skipped: dict[str, str]
    schema_version: int = SCHEMA_VERSION

    def cpu_ms(self, key: str) -> float | None:
        """Median CPU milliseconds of ``NAME@SIZE``; None if it was not measured."""
        found = [one.cpu_ms for one in self.times if f"{one.name}@{one.size}" == key]
        return found[0] if found else None

    def ratio(self, numerator: str, denominator: str) -> float | None:
        """Quotient of two medians, each named ``NAME@SIZE``; None if one was not measured."""
        over, under = self.cpu_ms(numerator), self.cpu_ms(denominator)
        return None if over is None or not under else over / under

    def process(self, name: str) -> Process | None:
        """The process of a name; None if it was not measured."""
        return next((one for one in self.processes if one.name == name), None)

    def rate(self, size: str, workers: int) -> Rate | None:
        """The throughput of a size and a number of workers; None if it was not measured."""
        found = (one for one in self.rates if (one.size, one.workers) == (size, workers))
        return next(found, None)

    def to_json(self) -> str:
        """Indented JSON with figures rounded to what they mean; read by `from_json`."""
        return json.dumps(_rounded(dataclasses.asdict(self)), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Results:
        """Read what `to_json` wrote.

        Raises:
            ValueError: If it has another version or other keys.
        """
        # Costs a tenth of a second, and the process that measures others must stay small.
        from pydantic import ConfigDict, TypeAdapter, with_config

        found = json.loads(text)
        if found.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(
                f"the results have schema version {found.get('schema_version')}, "
                f"this is {SCHEMA_VERSION}; run make bench ARGS=--write"
            )
        strict = with_config(ConfigDict(extra="forbid"))
        return TypeAdapter(strict(cls)).validate_python(found)


def read(path: Path) -> Results:
    """Read results from a file; see `Results.from_json`."""
    return Results.from_json(path.read_text(encoding="utf-8"))


def _rounded(value: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value
