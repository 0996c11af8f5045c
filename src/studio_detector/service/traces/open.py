"""The tracer that the settings mean."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from studio_detector.errors import ConfigError, MissingExtraError
from studio_detector.service.traces.base import NO_TRACER

if TYPE_CHECKING:
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.traces.base import Tracer

# The API alone may be there for the sake of other libraries, and does nothing by itself.
_PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_PATH = "/v1/traces"


def open_tracer(settings: ServiceSettings) -> Tracer:
    """Make the tracer; of OpenTelemetry nothing is imported unless it is asked for.

    Args:
        settings: Those of the service, ``traces_*`` and ``namespace``.

    Raises:
        MissingExtraError: ``missing_extra``.
        ConfigError: ``config_invalid_value`` for an address that is none.
    """
    if settings.traces_url is None:
        return NO_TRACER
    endpoint = _endpoint(settings.traces_url)
    for package in _PACKAGES:
        if not _is_there(package):
            raise MissingExtraError.for_package(package, "otel", "traces_url")
    # Imported only here: it takes a third of a second and megabytes.
    from studio_detector.service.traces.collector import collector_exporter  # noqa: PLC0415
    from studio_detector.service.traces.otel import OtelTracer  # noqa: PLC0415

    return OtelTracer(
        collector_exporter(endpoint), ratio=settings.traces_ratio, namespace=settings.namespace
    )


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


def _endpoint(url: str) -> str:
    """The address that spans are posted to; the usual path, where none is given."""
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_fine = False
    if not is_fine:
        raise ConfigError(
            "traces_url is no http address; name a collector of OTLP over HTTP, for instance "
            "http://127.0.0.1:4318",
            code="config_invalid_value",
        )
    return url if parts.path.strip("/") else parts._replace(path=_PATH).geturl()
