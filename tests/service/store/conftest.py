"""Databases for tests of the store: a file each, or an emptied PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

import service_servers
import sqlite_tables
from service.store.store_examples import (
    LEASE_S,
    RETRY_FIRST_S,
    RETRY_MOST_S,
    HandClock,
)
from studio_detector.service.store import open_store


@pytest.fixture
def clock():
    """A clock in the test's hand."""
    return HandClock()


@pytest.fixture
def sqlite_url(tmp_path):
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def laid_sqlite_url(tmp_path):
    """A file with tables and no rows."""
    return sqlite_tables.laid(tmp_path / "store.sqlite")


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL in which databases may be made."""
    return service_servers.postgres_url()


@pytest.fixture(scope="session")
def make_postgres(postgres_server):
    """Makes databases that go when the session ends."""
    server = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    names = []

    def make():
        name = f"studio_test_{uuid4().hex}"
        with server.connect() as connection:
            # Of template0, since others may be connected to the usual template at this moment.
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        names.append(name)
        url = make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    yield make
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def shared_postgres(make_postgres):
    """One database for all tests of this process, with tables."""
    url = make_postgres()
    open_store(url).close()
    return url


@pytest.fixture
def postgres_url(shared_postgres):
    """A PostgreSQL with tables and no rows."""
    empty_tables(shared_postgres)
    return shared_postgres


def empty_tables(url):
    """Delete all rows of a PostgreSQL."""
    engine = create_engine(url)
    with engine.begin() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        names = ", ".join(name for name in tables if name != "alembic_version")
        # Without the triggers that keep the audit log whole.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    engine.dispose()


@pytest.fixture
def opened(clock):
    """Opens stores that are closed after the test; pauses have no jitter unless asked for."""
    stores = []

    def open_one(url, **options):
        known = {
            "clock": clock,
            "lease_s": LEASE_S,
            "retry_first_s": RETRY_FIRST_S,
            "retry_most_s": RETRY_MOST_S,
            "jitter": lambda: 1.0,
        }
        store = open_store(url, **(known | options))
        stores.append(store)
        return store

    yield open_one
    for store in stores:
        store.close()
