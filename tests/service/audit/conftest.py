"""Audit logs in databases of either kind."""

from __future__ import annotations

import pytest

import sqlite_tables
from service.audit.audit_examples import Place
from service.store.conftest import make_postgres, postgres_server, postgres_url, shared_postgres

__all__ = ["make_postgres", "postgres_server", "postgres_url", "shared_postgres"]


@pytest.fixture
def place(url):
    """The log of the database that the test's class gives as ``url``."""
    made = Place(url)
    yield made
    made.close()


@pytest.fixture
def sqlite_url(tmp_path):
    """A file with tables and no rows."""
    return sqlite_tables.laid(tmp_path / "audit.sqlite")
