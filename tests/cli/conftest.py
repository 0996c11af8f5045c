"""A command line whose detector is told by the bytes of a photo what to find."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import click.testing
import pytest

import sample_reports
from studio_detector.analysis.registry import Registry
from studio_detector.errors import AnalysisError, DecodeError, UnreadableError
from studio_detector.pipeline import detector as detector_module
from studio_detector.pipeline.settings import Settings
from studio_detector.service.parts import open_store_of
from studio_detector.service.settings import ServiceSettings


class ScriptedDetector:
    """Stands in for `Detector`; the content of a photo is its outcome."""

    def __init__(self, settings=None):
        self.settings = settings or Settings()
        self.registry = Registry.of(
            SimpleNamespace(SPEC=spec, measure=print)
            for spec in sample_reports.SPECS
            if spec.name not in self.settings.disabled_analyses
        )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def analyse(self, source, *, path=None):
        if isinstance(source, str) and not Path(source).is_file():
            raise UnreadableError(f"there is no file {source!r}; check the path", code="not_found")
        words = (Path(source).read_bytes() if isinstance(source, str) else source.read()).decode()
        match words.removeprefix("\xff\xd8\xff"):
            case "studio":
                return sample_reports.report(0.9, path=path)
            case "natural":
                return sample_reports.report(0.1, path=path)
            case "uncertain":
                return sample_reports.detail_report(path=path)
            case "defect":
                raise ZeroDivisionError("by nothing")
            case "plugin":
                raise AnalysisError("the analysis 'x' failed", code="analysis_failed")
            case "memory":
                raise MemoryError
            case "chatty":
                os.write(2, b"TIFFFetchNormalTag: \x1b[2J")
                return sample_reports.report(0.5, path=path)
            case "interrupt":
                raise KeyboardInterrupt
        raise DecodeError(f"it says {words!r}; copy it again", code="corrupt")


@pytest.fixture
def folder(tmp_path):
    """The folder of a service."""
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    """The store of the service, open while commands look into it."""
    store = open_store_of(ServiceSettings(), folder)
    yield store
    store.close()


@pytest.fixture
def run(monkeypatch):
    """Run the command in this process; returns click's result with `lines` parsed from JSON."""
    monkeypatch.setattr(detector_module, "Detector", ScriptedDetector)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, stdin=None, env=None):
        from studio_detector.cli.main import program

        result = click.testing.CliRunner().invoke(
            program, [str(a) for a in arguments], input=stdin, env=env, catch_exceptions=False
        )
        result.lines = [
            json.loads(line)
            for line in result.stdout.splitlines()
            if line.startswith('{"path"') and line.endswith("}")
        ]
        return result

    return run


@pytest.fixture
def photo(tmp_path):
    """Write a photo that will be found to be what its content says."""

    def photo(name, content="studio"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return str(path)

    return photo
