"""The app that most tests of the API need."""

from __future__ import annotations

import pytest

import api_service


@pytest.fixture
def served(tmp_path):
    """An app whose jobs are done."""
    with api_service.service(tmp_path) as service:
        yield service


@pytest.fixture
def idle(tmp_path):
    """An app whose jobs wait for ever."""
    with api_service.service(tmp_path, works=False) as service:
        yield service


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """An app for requests that it refuses: shared by the tests of a module."""
    with api_service.service(tmp_path_factory.mktemp("closed"), works=False) as service:
        yield service


@pytest.fixture
def serve(tmp_path):
    """Make an app with what a test wants of it; ``with serve(works=False) as service``."""

    def make(**options):
        return api_service.service(tmp_path, **options)

    return make


@pytest.fixture
def keyed(serve):
    """An app that asks everybody for a key; its jobs wait for ever."""
    with serve(works=False, auth="keys") as service:
        yield service
