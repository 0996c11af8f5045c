"""Who asks for no traces pays for none, and needs no package for them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import api_service
from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.service.api.app import create_app
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.traces.base import NO_TRACER
from studio_detector.service.traces.open import open_tracer

TESTS = Path(api_service.__file__).parent
_SERVE = """
import sys
import traceback
from importlib.abc import MetaPathFinder
from pathlib import Path

asked = []

class Missing(MetaPathFinder):
    # FastAPI needs the API of OpenTelemetry; the rest is not there without the extra.
    def find_spec(self, name, path, target=None):
        if name.startswith("opentelemetry"):
            frames = [f for f in traceback.extract_stack()[:-1] if "importlib" not in f.filename]
            if "studio_detector" in frames[-1].filename:
                asked.append(name)
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto")):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())

import api_service
import studio_detector.service.parts
import studio_detector.service.queues.open
with api_service.service(Path(sys.argv[1])) as service:
    answer = service.post(params={"wait": 30}, headers={"traceparent": sys.argv[2]})
    assert answer.status_code == 200, answer.text
    (job,) = service.parts.store.jobs.find("default").items
    assert job.request_id and job.traceparent is None
left_out = ("opentelemetry.sdk", "opentelemetry.exporter")
found = [name for name in sys.modules if name.startswith(left_out)]
print(asked, found, "studio_detector.service.traces.otel" in sys.modules)
"""


@pytest.mark.slow
def test_a_service_without_traces_imports_nothing_for_them(tmp_path):
    """It starts, takes a picture, and has a job done; a trace of the caller's is passed over.

    Nor does it need more of OpenTelemetry than FastAPI brings along.
    """
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    found = subprocess.run(
        [sys.executable, "-c", _SERVE, str(tmp_path), traceparent],
        env={"PYTHONPATH": str(TESTS), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "[] [] False") == (found.returncode, found.stdout.strip()), found.stderr


def test_the_traces_of_fastapi_are_off(tmp_path, monkeypatch):
    """They would carry addresses, and whoever sets variables for others would have them sent."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    app = create_app(api_service.make_parts(tmp_path))

    off = dict.fromkeys(("tracing", "metrics", "logs", "auto_configure"), False)
    assert off == {name: app._telemetry[name] for name in off}
    assert not app._native_telemetry.enabled()


def test_traces_are_off_unless_asked_for():
    assert open_tracer(ServiceSettings()) is NO_TRACER


@pytest.mark.parametrize(
    "missing", ["opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter"]
)
def test_what_is_missing_is_told_with_the_way_to_install_it(monkeypatch, missing):
    """In one line, also where another library has brought a part of it."""
    find = importlib.util.find_spec

    def find_spec(name, *more):
        if name == missing:
            return None
        if name.startswith(f"{missing}."):
            raise ModuleNotFoundError(missing)
        return find(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    with pytest.raises(MissingExtraError, match=r"pip install 'studio-detector\[otel\]'") as caught:
        open_tracer(ServiceSettings(traces_url="http://127.0.0.1:4318"))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["collector", "ftp://h", "http://", "http://[::1", "http://h:port", "grpc://h:4317"]
)
def test_an_address_that_is_none_is_told_at_the_start(url):
    with pytest.raises(ConfigError, match="traces_url") as caught:
        open_tracer(ServiceSettings(traces_url=url))
    assert "config_invalid_value" == caught.value.code


def test_nothing_is_noted_and_nothing_is_raised():
    with NO_TRACER.span("a", kind="server", parent="nonsense") as span:
        span.rename("b")
        span.set(job_id="x", status=1, code=None)
        span.failed("internal")
        assert NO_TRACER.here() is None
    NO_TRACER.close()
    assert not NO_TRACER.is_on
