"""Making and checking the tables apart from any start."""

from __future__ import annotations

import sqlite3

import pytest

from studio_detector.errors import EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE
from studio_detector.service.store.tables import SCHEMA_VERSION


@pytest.fixture
def migrate(run, tmp_path):
    """Run the command on a folder."""

    def migrate(*words):
        return run("migrate", "--data-dir", tmp_path / "data", *words)

    return migrate


@pytest.fixture
def database(tmp_path):
    return tmp_path / "data" / "studio.db"


def test_tables_are_made_and_their_version_told(migrate, database):
    result = migrate()

    assert EXIT_OK == result.exit_code
    assert f"the tables have version {SCHEMA_VERSION}\n" == result.stdout
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)
    connection.close()


def test_done_again_it_changes_nothing(migrate, database):
    migrate()
    before = database.read_bytes()

    assert EXIT_OK == migrate().exit_code
    assert before == database.read_bytes()


def test_a_check_of_tables_that_are_up_to_date_is_content(migrate):
    migrate()

    result = migrate("--check")

    assert EXIT_OK == result.exit_code
    assert f"the tables have version {SCHEMA_VERSION}\n" == result.stdout


def test_a_check_of_older_tables_says_what_to_do_and_does_nothing(migrate, database):
    migrate()
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()

    result = migrate("--check")

    assert EXIT_USAGE == result.exit_code
    assert "the tables have version 0001" in result.stderr
    assert "studio-detector migrate" in result.stderr
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    connection.close()


@pytest.mark.parametrize("is_folder_there", [False, True])
def test_a_check_before_the_first_start_makes_nothing(migrate, database, is_folder_there):
    """Neither a folder nor a file."""
    if is_folder_there:
        database.parent.mkdir()

    result = migrate("--check")

    assert EXIT_USAGE == result.exit_code
    assert "the tables have version none" in result.stderr
    assert is_folder_there == database.parent.exists()
    assert not database.exists()


def test_tables_of_a_newer_release_are_left_alone(migrate, database):
    migrate()
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    result = migrate()

    assert EXIT_USAGE == result.exit_code
    assert "newer release" in result.stderr


def test_a_database_that_is_away_is_told_by_the_exit_status(run):
    """A job of Kubernetes tries again then."""
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"

    result = run("migrate", "--database-url", url)

    assert EXIT_UNAVAILABLE == result.exit_code
    assert "the database gave no answer" in result.stderr
