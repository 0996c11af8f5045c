"""A look from outside sees what is there, and makes and changes nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from studio_detector.errors import BusyError, ConfigError
from studio_detector.service.store import open_store
from studio_detector.service.store.keys import ApiKey
from studio_detector.service.store.looking import Looking
from studio_detector.service.store.tables import SCHEMA_VERSION

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = ApiKey(
    id="k1", tenant="default", name="", role="admin", secret_hash="mark$hash", created_at=NOW
)


@pytest.fixture
def look():
    """Looks at databases; closed after the test."""
    opened = []

    def look(url):
        opened.append(Looking(url))
        return opened[-1]

    yield look
    for one in opened:
        one.close()


class LookingContract:
    """Subclasses give ``bare_url``: a database without tables."""

    def test_it_sees_version_and_keys(self, bare_url, look):
        store = open_store(bare_url)
        store.keys.create(KEY)
        store.close()
        looking = look(bare_url)

        assert SCHEMA_VERSION == looking.tables_version()
        assert [KEY] == looking.api_keys()
        assert {} == looking.wrapped_counts()
        assert looking.master_first_used_at("none") is None
        assert not looking.is_missing

    def test_it_cannot_write(self, bare_url, look):
        """Whoever asks: the database itself refuses."""
        open_store(bare_url).close()
        looking = look(bare_url)

        with pytest.raises(Exception, match=r"(?i)read.?only"):
            looking._db.write(lambda tx: tx.execute(text("DELETE FROM jobs")))


class TestSqliteLooking(LookingContract):
    @pytest.fixture
    def bare_url(self, sqlite_url):
        return sqlite_url

    def test_a_file_that_is_not_there_is_not_made(self, sqlite_url, tmp_path, look):
        looking = look(sqlite_url)

        assert looking.is_missing
        with pytest.raises(BusyError):
            looking.tables_version()
        assert [] == list(tmp_path.iterdir())

    def test_no_file_is_left_beside_a_database_that_rests(self, sqlite_url, tmp_path, look):
        """SQLite's usual way would leave its log and its index there."""
        open_store(sqlite_url).close()
        before = files(tmp_path)

        looking = look(sqlite_url)
        assert looking.server().startswith("SQLite 3.")
        assert SCHEMA_VERSION == looking.tables_version()
        looking.close()

        assert before == files(tmp_path)

    def test_what_a_running_service_wrote_last_is_seen(self, sqlite_url, look):
        """Though it is in the log alone, not yet in the file."""
        store = open_store(sqlite_url)
        store.keys.create(KEY)
        looking = look(sqlite_url)

        assert [KEY] == looking.api_keys()
        store.keys.revoke(KEY.id, NOW)
        assert [NOW] == [key.revoked_at for key in looking.api_keys()]
        store.close()

    @pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "half#.db"])
    def test_any_name_of_a_file_will_do(self, tmp_path, look, name):
        """Though it stands in an address."""
        url = make_url("sqlite://").set(database=str(tmp_path / name))
        open_store(url.render_as_string()).close()

        assert SCHEMA_VERSION == look(url.render_as_string()).tables_version()

    def test_a_file_that_is_no_database_is_said_to_be_none(self, sqlite_url, look):
        path = Path(make_url(sqlite_url).database)
        path.write_bytes(b"a letter, and no database at all" * 100)

        with pytest.raises(ConfigError, match="no database of ours"):
            look(sqlite_url).tables_version()


@pytest.mark.services
class TestPostgresLooking(LookingContract):
    @pytest.fixture
    def bare_url(self, make_postgres):
        return make_postgres()

    def test_no_tables_are_no_tables(self, bare_url, look):
        """And none are made."""
        looking = look(bare_url)

        assert looking.server().startswith("PostgreSQL ")
        assert looking.tables_version() is None
        assert looking.tables_version() is None

    def test_it_cannot_write_where_the_address_has_options_either(self, bare_url, look):
        open_store(bare_url).close()
        url = make_url(bare_url).update_query_dict({"options": "-c lock_timeout=9000"})
        looking = look(url.render_as_string(hide_password=False))

        assert "9s" == looking._db.read(lambda tx: tx.execute(text("SHOW lock_timeout")).scalar())
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            looking._db.write(lambda tx: tx.execute(text("DELETE FROM jobs")))

    def test_clocks_of_one_machine_agree(self, bare_url, look):
        assert abs(look(bare_url).clock_lead_s()) < 1


def files(folder):
    """Names and digests of what lies in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
