"""Measure every photograph of a set once: in parallel, cached, failures recorded."""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio_detector.analysis.registry import BUILT_IN, Registry
from studio_detector.errors import InputError
from studio_detector.imaging import DECODE_VERSION
from studio_detector.learning.extras import optional
from studio_detector.learning.measurements import FILE_FACTS, MeasurementTable
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from studio_detector.learning.dataset import Photo

#: Where measurements are kept unless told otherwise; `make clean` removes it.
CACHE = Path(".cache/measurements")
#: Worker processes.
WORKERS = 2
_CHUNK = 16
# Everything between the bytes of a file and its numbers.
_MEASURING_PACKAGES = ("imaging", "planes", "analysis")
_TEXT_COLUMNS = ("sha256", "error_code", "error_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    sha256: str
    values: tuple[float | None, ...]
    error_code: str | None = None
    error_message: str | None = None


def built_in_registry() -> Registry:
    """The built-in analyses alone: shipped models never depend on installed plugins."""
    return Registry.of(map(importlib.import_module, BUILT_IN))


def measuring_settings() -> Settings:
    """Settings under which photographs are measured: all phases, all else default."""
    # The model plays no part in measuring; `rules` is the one that is always there.
    return Settings(model="rules", phases="all")


def measure_photos(
    photos: Sequence[Photo],
    *,
    cache: Path | None = CACHE,
    workers: int = WORKERS,
    progress: Callable[[int, int], None] | None = None,
) -> MeasurementTable:
    """Measure photographs with every built-in analysis of both phases.

    The numbers are those of `Detector.analyse`, which the workers call. They are cached by the
    SHA-256 of the file in a Parquet file named after `measuring_key`, so a change of code
    measures anew and a change of labels does not.

    Args:
        photos: What to measure.
        cache: Folder of the cache; None for none.
        workers: Processes; 1 measures in this one.
        progress: Called with the number measured and the number to measure.

    Returns:
        One row for each photograph, in order.

    Raises:
        AnalysisError: If an analysis fails: a defect.
        MissingExtraError: If pyarrow is not installed and ``cache`` is not None.
    """
    registry = built_in_registry()
    keys = (*FILE_FACTS, *registry.measures())
    digests = {photo.name: _sha256(photo.path) for photo in photos}
    store = cache / f"{measuring_key(registry)}.parquet" if cache is not None else None
    known = _read(store, keys) if store is not None else {}

    todo = {digests[p.name]: p.path for p in photos if digests[p.name] not in known}
    for done, (digest, row) in enumerate(_measured(todo, workers), start=1):
        known[digest] = row
        if progress is not None:
            progress(done, len(todo))
    if store is not None and todo:
        _write(store, keys, known)

    rows = [known[digests[photo.name]] for photo in photos]
    values = np.array([row.values for row in rows], dtype=np.float64).reshape(-1, len(keys))
    values.setflags(write=False)
    return MeasurementTable(
        names=tuple(photo.name for photo in photos),
        sha256=tuple(row.sha256 for row in rows),
        keys=keys,
        values=values,
        failures={
            photo.name: (row.error_code, row.error_message or "")
            for photo, row in zip(photos, rows, strict=True)
            if row.error_code is not None
        },
    )


def measuring_key(registry: Registry) -> str:
    """Digest of everything that decides what number a file gives.

    Declared versions alone would do for released code; the digest of the sources keeps the
    cache honest while an analysis is being written.
    """
    digest = hashlib.sha256()
    parts = [f"decode {DECODE_VERSION}", repr(measuring_settings())]
    parts += [f"{a.SPEC.name} {a.SPEC.version}" for a in registry]
    parts += [f"python {sys.version_info[:2]}", f"numpy {np.__version__}", f"cv2 {cv2.__version__}"]
    digest.update("\n".join(parts).encode())
    root = Path(str(files("studio_detector")))
    for package in _MEASURING_PACKAGES:
        for source in sorted((root / package).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _measured(paths: Mapping[str, Path], workers: int) -> Iterator[tuple[str, _Row]]:
    if workers == 1 or len(paths) <= _CHUNK:
        yield from zip(paths, map(_measure, paths, paths.values()), strict=True)
        return
    # Spawned, so that no thread or lock of this process is copied into the workers.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        rows = pool.map(_measure, paths, paths.values(), chunksize=_CHUNK)
        yield from zip(paths, rows, strict=True)


def _one_thread() -> None:
    cv2.setNumThreads(1)


@lru_cache(maxsize=1)
def _detector() -> Detector:
    return Detector(measuring_settings(), registry=built_in_registry())


def _measure(digest: str, path: Path) -> _Row:
    width = len(FILE_FACTS) + len(_detector().registry.measures())
    try:
        report = _detector().analyse(path)
    except InputError as error:
        return _Row(
            sha256=digest,
            values=(None,) * width,
            error_code=error.code,
            error_message=error.message,
        )
    numbers = [v for m in report.measurements.values() for v in m.values.values()]
    facts = (report.original_rows_px, report.original_columns_px, path.stat().st_size)
    return _Row(sha256=digest, values=(*map(float, facts), *numbers))


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        # The detector says what is wrong with it; the name keeps such files apart.
        return f"unreadable:{os.fspath(path)}"


def _read(store: Path, keys: Sequence[str]) -> dict[str, _Row]:
    if not store.is_file():
        return {}
    table = optional("pyarrow.parquet", purpose="caching measurements").read_table(store)
    if table.column_names != [*_TEXT_COLUMNS, *keys]:
        return {}
    columns = [table.column(name).to_pylist() for name in table.column_names]
    return {
        digest: _Row(sha256=digest, error_code=code, error_message=message, values=tuple(values))
        for digest, code, message, *values in zip(*columns, strict=True)
    }


def _write(store: Path, keys: Sequence[str], rows: Mapping[str, _Row]) -> None:
    arrow = optional("pyarrow", purpose="caching measurements")
    parquet = optional("pyarrow.parquet", purpose="caching measurements")
    ordered = [row for digest, row in sorted(rows.items()) if not digest.startswith("unreadable:")]
    text = [[getattr(row, name) for row in ordered] for name in _TEXT_COLUMNS]
    numbers: Iterable[Sequence[float | None]] = (
        [row.values[column] for row in ordered] for column in range(len(keys))
    )
    arrays = [arrow.array(values, arrow.string()) for values in text]
    arrays += [arrow.array(values, arrow.float64()) for values in numbers]
    store.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and moved, so that an interrupted run leaves the old cache whole.
    partial = store.with_suffix(".partial")
    parquet.write_table(arrow.table(arrays, names=[*_TEXT_COLUMNS, *keys]), partial)
    partial.replace(store)
