"""Opening the store: connect, bring the tables up to date, put the parts together."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import inspect, literal, select, text
from sqlalchemy.exc import DatabaseError

from studio_detector.errors import ConfigError
from studio_detector.service.store.audit import Audit
from studio_detector.service.store.batches import Batches
from studio_detector.service.store.clock import DatabaseClock
from studio_detector.service.store.data_keys import DataKeys
from studio_detector.service.store.deliveries import Deliveries
from studio_detector.service.store.engine import Database
from studio_detector.service.store.erasures import Erasures
from studio_detector.service.store.feedback import FeedbackNotes
from studio_detector.service.store.jobs import Jobs
from studio_detector.service.store.keys import Keys
from studio_detector.service.store.nonces import Nonces
from studio_detector.service.store.observing import Observations
from studio_detector.service.store.overview import Overviews
from studio_detector.service.store.pictures import Pictures
from studio_detector.service.store.results import Results
from studio_detector.service.store.subjects import Subjects
from studio_detector.service.store.tables import SCHEMA_VERSION
from studio_detector.service.store.terms import Terms, plain_payload, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.records import Batch, Job, Result

T = TypeVar("T")

#: Key of PostgreSQL's advisory lock that lets one process at a time change the tables.
_MIGRATION_LOCK = 0x5357_4D31


class Store:
    """The truth about jobs, results, batches and deliveries.

    Safe to use from many threads; other processes may use the same database.

    Args:
        db: The database, with tables up to date.
        terms: Clock, leases and pauses.

    Attributes:
        clock: Gives the moment, in UTC, by which leases and pauses are judged.
        jobs: See `Jobs`.
        results: See `Results`.
        batches: See `Batches`.
        deliveries: See `Deliveries`.
        feedback: See `FeedbackNotes`.
        overviews: See `Overviews`.
        observations: See `Observations`.
        pictures: See `Pictures`.
        data_keys: See `DataKeys`.
        erasures: See `Erasures`.
        subjects: See `Subjects`.
        audit: See `Audit`.
        keys: See `Keys`.
        nonces: See `Nonces`.
    """

    def __init__(self, db: Database, terms: Terms) -> None:
        self._db = db
        self.clock = terms.clock
        self.jobs = Jobs(db, terms)
        self.results = Results(db, terms)
        self.batches = Batches(db, terms)
        self.deliveries = Deliveries(db, terms)
        self.feedback = FeedbackNotes(db, terms)
        self.overviews = Overviews(db, terms)
        self.observations = Observations(db, terms)
        self.pictures = Pictures(db, terms)
        self.data_keys = DataKeys(db, terms)
        self.erasures = Erasures(db, terms)
        self.subjects = Subjects(db)
        self.audit = Audit(db)
        self.keys = Keys(db)
        self.nonces = Nonces(db)

    def at_once(self, steps: Callable[[], T]) -> T:
        """Take several steps in one transaction: all are done or none is.

        Args:
            steps: Calls methods of this store; called again where the database asks for it.

        Raises:
            BusyError: ``store_unavailable``, and whatever ``steps`` raises.
        """
        return self._db.write(lambda _: steps())

    def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            BusyError: ``store_unavailable`` if it gives none.
        """
        self._db.read(lambda tx: tx.execute(select(literal(1))).scalar())

    def schema_version(self) -> str:
        """Version of the tables in the database."""
        return self._db.read(tables_version) or ""

    def close(self) -> None:
        """Give back the connections; the store is of no use any more."""
        self._db.close()


def open_store(  # noqa: PLR0913 - each is a setting with a name
    url: str,
    *,
    clock: Callable[[], datetime] | None = None,
    lease_s: float = 30.0,
    retry_first_s: float = 2.0,
    retry_most_s: float = 600.0,
    delivery_lease_s: float = 60.0,
    payload_of: Callable[[Job | Batch, Result | None], str] = plain_payload,
    jitter: Callable[[], float] | None = None,
    migrate: bool = True,
) -> Store:
    """Open the store of a database, making or bringing up to date its tables.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://user:password@host/name``.
        clock: Gives the moment, in UTC; None takes PostgreSQL's own, so that machines whose
            clocks differ agree, and for SQLite this machine's.
        lease_s: Seconds after which a worker that gave no sign has lost its jobs.
        retry_first_s: Pause before the second try; it doubles with each further one.
        retry_most_s: Longest pause between tries.
        delivery_lease_s: Seconds after which a delivery begun may be begun again.
        payload_of: Makes the text of a callback from a job and its result, or from a batch
            and None.
        jitter: Gives a number from 0 to 1; None takes chance.
        migrate: Whether to bring older tables up to date.

    Raises:
        ConfigError: ``config_invalid_value`` for an address that is none, and for tables of
            another version of this program.
        BusyError: ``store_unavailable`` if the database gives no answer.
    """
    db = Database(url)
    try:
        _bring_up_to_date(db, migrate=migrate)
        if clock is None:
            clock = utc_now if db.is_sqlite else DatabaseClock(db)
    except DatabaseError as error:
        db.close()
        raise ConfigError(
            "database_url names something that is no database of ours "
            f"({type(error.orig).__name__}: {error.orig}); take another one",
            code="config_invalid_value",
        ) from error
    except BaseException:
        db.close()
        raise
    terms = Terms(
        clock=clock,
        lease_s=lease_s,
        retry_first_s=retry_first_s,
        retry_most_s=retry_most_s,
        delivery_lease_s=delivery_lease_s,
        payload_of=payload_of,
        jitter=jitter or secrets.SystemRandom().random,
    )
    return Store(db, terms)


def _bring_up_to_date(db: Database, *, migrate: bool) -> None:
    found = db.read(tables_version)
    if found == SCHEMA_VERSION:
        return
    if not migrate:
        require_newest(found)

    def work(connection: Connection) -> None:
        # Here alone, since it takes long to import and is hardly ever needed.
        from studio_detector.service.store.migrations.run import upgrade  # noqa: PLC0415

        if not db.is_sqlite:
            # Steps may take long, and who starts meanwhile waits for them.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        upgrade(connection, tables_version(connection))

    db.write(work)


def require_newest(found: str | None) -> None:
    """Refuse tables that are not those of this program.

    Args:
        found: Their version; None if there are none.

    Raises:
        ConfigError: ``config_invalid_value``.
    """
    if found != SCHEMA_VERSION:
        raise ConfigError(
            f"the tables have version {found or 'none'} and this program needs "
            f"{SCHEMA_VERSION}; run `studio-detector migrate` of the same release once",
            code="config_invalid_value",
        )


def tables_version(connection: Connection) -> str | None:
    """Version of the tables; None if there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
