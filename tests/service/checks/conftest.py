"""Services that are checked: embedded ones in folders of their own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest

from studio_detector.service.checks.run import check_service
from studio_detector.service.settings import ServiceSettings
from studio_detector.service.store import open_store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database without rows; making the tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("checked") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def data_dir(tmp_path):
    """The folder of a service, for its user alone."""
    folder = tmp_path / "service"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def database(data_dir, empty_database):
    """The file of the embedded database, with tables."""
    path = data_dir / "studio.db"
    shutil.copyfile(empty_database, path)
    return path


@pytest.fixture
def store(database):
    """The store of the embedded database, open as in a service that runs."""
    store = open_store(f"sqlite:///{database}")
    yield store
    store.close()


@pytest.fixture
def check(data_dir):
    """Check a service; part -> what was found."""

    def check(settings=None, *, folder=data_dir, hook=None, now=NOW):
        told = check_service(
            settings or ServiceSettings(sandbox="off"),
            folder,
            load_hook=lambda: hook,
            clock=lambda: now,
        )
        return {one.part: one.finding for one in told}

    return check
