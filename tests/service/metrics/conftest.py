"""Services whose metrics are looked at."""

from __future__ import annotations

import pytest

import api_service
from studio_detector.service.metrics.metrics import Metrics


@pytest.fixture
def metrics():
    return Metrics(models=["m@1+0"])


@pytest.fixture
def served(tmp_path):
    """An app whose jobs are done."""
    with api_service.service(tmp_path) as service:
        yield service


@pytest.fixture
def serve(tmp_path):
    """Make an app with what a test wants of it."""

    def make(**options):
        return api_service.service(tmp_path, **options)

    return make
