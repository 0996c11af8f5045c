"""Results as a worker pool yields them, and a pool that needs no workers."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import sample_reports
from studio_detector.analysis.registry import Registry
from studio_detector.batch.rows import row_columns
from studio_detector.batch.window import is_of_the_photo
from studio_detector.batch.writers.base import Layout
from studio_detector.pipeline.report import Failure
from studio_detector.pipeline.settings import Settings
from studio_detector.sources.photo import Photo

SPECS = sample_reports.SPECS


def result(path="a.jpg", confidence=0.9, **extras):
    """A report's result; extras replace or add keys."""
    report = sample_reports.detail_report if confidence == 0.55 else sample_reports.report
    outcome = report(path=path) if confidence == 0.55 else report(confidence, path=path)
    return {
        **outcome.to_dict(verbose=True),
        "sha256": hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest(),
        "file_bytes": 1000,
        **extras,
    }


def failure(path="b.jpg", message="it ends early; copy it again"):
    """A failure's result."""
    return {
        **sample_reports.failure(path, message).to_dict(),
        "sha256": None,
        "file_bytes": None,
    }


def layout(**choices):
    """All columns of the sample analyses."""
    flat = choices.pop("flat", False)
    kept = {name: choices.get(name, True) for name in ("measurements", "timing")}
    return Layout(columns=row_columns(SPECS, **choices), flat=flat, **kept)


def detector(settings=None):
    """What a `Batch` asks a detector for."""
    return SimpleNamespace(
        settings=settings or Settings(),
        registry=Registry.of(SimpleNamespace(SPEC=spec, measure=print) for spec in SPECS),
        model=SimpleNamespace(identity="test@1+0123456789ab"),
    )


def photos(count, *, name="{:04d}.jpg"):
    """Photos that `Pool` finds to be of all kinds, some of them copies of others."""
    return [Photo(source=name.format(at), path=name.format(at)) for at in range(count)]


class Pool:
    """Stands in for `WorkerPool`: the number in the name of a photo decides its result.

    Every seventh fails; every fifth has the bytes of the photo before it.
    """

    window = 3

    def __init__(self, _settings, _options, *, seen=None):
        self.seen = seen
        self.is_stopping = False

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def stop(self):
        self.is_stopping = True

    def run(self, items):
        items, waiting = iter(items), []
        while True:
            while len(waiting) < self.window and not self.is_stopping:
                item = next(items, None)
                if item is None:
                    break
                waiting.append(item)
            if not waiting:
                return
            yield self._row(waiting.pop(0))

    def _row(self, item):
        if isinstance(item, Failure):
            return {**item.to_dict(), "sha256": None, "file_bytes": None}
        number = int("".join(c for c in item.path if c.isdigit()) or "0")
        if number % 7 == 6:
            return failure(item.path)
        confidence = (0.9, 0.1, 0.55)[number % 3]
        content = number - 1 if number % 5 == 4 and (number - 1) % 7 != 6 else number
        row = result(item.path, confidence)
        row["sha256"] = hashlib.sha256(str(content).encode()).hexdigest()
        row["pdq"], row["pdq_quality"] = f"{content % 11:064x}", 100
        first = self.seen.get(row["sha256"])
        if first is None:
            if is_of_the_photo(row):
                self.seen.put(row["sha256"], row)
            return row
        return {**first, "path": item.path, "duplicate_of": first["path"]}


class Watcher:
    """Remembers what it was told."""

    def __init__(self, on_advance=None):
        self.notes, self.rows_resumed, self.rows = [], 0, 0
        self.on_advance = on_advance

    def note(self, text):
        self.notes.append(text)

    def resumed(self, counts):
        self.rows_resumed = counts.rows

    def advanced(self, counts):
        self.rows = counts.rows
        if self.on_advance is not None:
            self.on_advance(counts.rows)

    def assembling(self, rows):
        pass
