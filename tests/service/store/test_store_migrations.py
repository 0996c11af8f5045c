"""The tables that the steps make are those that the code reads."""

from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, create_engine, inspect, text

from service.store.store_examples import new_job
from studio_detector.errors import ConfigError
from studio_detector.service.store import append_only, open_store, utc_now
from studio_detector.service.store.migrations.run import configuration
from studio_detector.service.store.rows import values_of_job
from studio_detector.service.store.tables import METADATA, SCHEMA_VERSION


def definitions(connection):
    """Tables, columns, indexes and constraints as the database describes them itself."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        # However it is laid out: SQLite writes columns that came later into the line of the last.
        return {
            name: sorted(part.strip() for part in re.split(r"[,\n]", sql or "") if part.strip())
            for name, sql in connection.execute(text(query))
            if name != "alembic_version"
        }
    queries = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        """SELECT conrelid::regclass::text || conname || pg_get_constraintdef(oid)
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
        """SELECT table_name || ' ' || column_name || data_type || is_nullable || is_identity
                  || coalesce(column_default, '')
           FROM information_schema.columns WHERE table_schema = 'public'""",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    )
    found = {row for query in queries for row in connection.execute(text(query)).scalars()}
    return {row for row in found if "alembic_version" not in row}


class MigrationsContract:
    """Subclasses give ``bare_url`` and ``other_url``: databases without tables."""

    def test_the_steps_lead_to_the_tables_of_the_code(self, bare_url, other_url):
        open_store(bare_url).close()
        engine = create_engine(bare_url)
        other = create_engine(other_url)
        with engine.connect() as connection, other.begin() as direct:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, METADATA) == []
            METADATA.create_all(direct)
            for statement in append_only.making(direct.dialect.name):
                direct.exec_driver_sql(statement)
            assert definitions(connection) == definitions(direct)
        engine.dispose()
        other.dispose()

    def test_tables_up_to_date_are_left_alone(self, bare_url):
        open_store(bare_url).close()
        store = open_store(bare_url, migrate=False)
        assert store.schema_version() == SCHEMA_VERSION
        store.ping()
        store.close()

    def test_tables_of_a_newer_program_are_not_touched(self, bare_url):
        open_store(bare_url).close()
        engine = create_engine(bare_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        for migrate in (True, False):
            with pytest.raises(ConfigError, match=f"'?9999'?.*{SCHEMA_VERSION}") as caught:
                open_store(bare_url, migrate=migrate)
            assert caught.value.code == "config_invalid_value"
        engine.dispose()

    def test_missing_tables_are_named_where_they_may_not_be_made(self, bare_url):
        with pytest.raises(ConfigError, match=r"none.*studio-detector migrate"):
            open_store(bare_url, migrate=False)

    def test_what_was_stored_before_origins_were_is_there_and_has_none(self, bare_url):
        """Rows are not written anew, and programs of before may go on writing theirs."""
        open_store(bare_url).close()
        engine = create_engine(bare_url)
        with engine.begin() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            downgrade(config, "0002")
            before = METADATA.tables["jobs"]
            kept = [c for c in before.c if c.name not in {"request_id", "traceparent"}]
            row = {c.name: None for c in kept} | values_of_job(new_job("a"), utc_now(), None)
            names = ", ".join(c.name for c in kept)
            values = ", ".join(f":{c.name}" for c in kept)
            insert = text(f"INSERT INTO jobs ({names}) VALUES ({values})")
            given = [bindparam(c.name, row[c.name], type_=c.type) for c in kept]
            connection.execute(insert.bindparams(*given))
        engine.dispose()

        store = open_store(bare_url)
        (job,) = store.jobs.find("default").items
        assert (None, None) == (job.request_id, job.traceparent)
        assert store.jobs.claim(job.id, "worker") is not None
        store.close()

    def test_the_first_step_can_be_taken_back(self, bare_url):
        open_store(bare_url).close()
        engine = create_engine(bare_url)
        with engine.begin() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            downgrade(config, "base")
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        engine.dispose()


class TestSqliteMigrations(MigrationsContract):
    @pytest.fixture
    def bare_url(self, sqlite_url):
        return sqlite_url

    @pytest.fixture
    def other_url(self, tmp_path):
        return f"sqlite:///{tmp_path / 'other.sqlite'}"


@pytest.mark.services
class TestPostgresMigrations(MigrationsContract):
    @pytest.fixture
    def bare_url(self, make_postgres):
        return make_postgres()

    @pytest.fixture
    def other_url(self, make_postgres):
        return make_postgres()


def test_the_code_is_at_the_newest_step():
    """Otherwise every start would look for steps to take."""
    assert ScriptDirectory.from_config(configuration()).get_current_head() == SCHEMA_VERSION
