"""What the database says, read past the service.

A trigger writes down each time a job ends, since a job that ended twice looks like one that
ended once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Engine

_SQLITE = (
    "CREATE TABLE faults_ends (job_id TEXT NOT NULL, state TEXT NOT NULL)",
    """
    CREATE TRIGGER faults_updated AFTER UPDATE OF state ON jobs
    WHEN NEW.state IN ('done', 'dead') AND OLD.state <> NEW.state
    BEGIN INSERT INTO faults_ends VALUES (NEW.id, NEW.state); END
    """,
    """
    CREATE TRIGGER faults_inserted AFTER INSERT ON jobs WHEN NEW.state IN ('done', 'dead')
    BEGIN INSERT INTO faults_ends VALUES (NEW.id, NEW.state); END
    """,
)
_POSTGRES = (
    "CREATE TABLE faults_ends (job_id TEXT NOT NULL, state TEXT NOT NULL)",
    """
    CREATE FUNCTION faults_note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO faults_ends VALUES (NEW.id, NEW.state); RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER faults_updated AFTER UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state IN ('done', 'dead') AND OLD.state <> NEW.state)
    EXECUTE FUNCTION faults_note()
    """,
    """
    CREATE TRIGGER faults_inserted AFTER INSERT ON jobs FOR EACH ROW
    WHEN (NEW.state IN ('done', 'dead')) EXECUTE FUNCTION faults_note()
    """,
)
_JOBS = "SELECT id, state, image_hash, attempts, answer, result_id, error_code FROM jobs"
_ENDED = "SELECT job_id FROM faults_ends"
_RESULTS = "SELECT id, tenant, image_hash, variant, pipeline_version FROM results"
_DELIVERIES = "SELECT id, job_id, url, state, attempts, retry_at, lease_token FROM deliveries"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job as the database has it; ids are 32 hex digits."""

    id: str
    state: str
    image_hash: str | None
    attempts: int
    answer: str | None
    result_id: str | None
    error_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A result as the database has it.

    Attributes:
        id: 32 hex digits.
        image_hash: SHA-256 of the picture, hex.
        key: Tenant, picture, variant and pipeline version; there must be one of each.
    """

    id: str
    image_hash: str
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A callback as the database has it; ids are 32 hex digits.

    Attributes beside the columns:
        retry_at: Seconds since 1970; 0 if it is due at once.
        is_tried: Whether somebody is at it.
    """

    id: str
    job_id: str | None
    url: str
    state: str
    attempts: int
    retry_at: float
    is_tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything that an audit looks at.

    Attributes:
        jobs: All.
        results: All.
        ends: Job -> how often it became done or dead.
    """

    jobs: Sequence[JobRow]
    results: Sequence[ResultRow]
    ends: Mapping[str, int]


class Database:
    """A service's database, looked into while it works.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://...``.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    def watch(self) -> None:
        """Write down from now on how often each job ends; the tables must be there."""
        statements = _SQLITE if self._engine.dialect.name == "sqlite" else _POSTGRES
        with self._engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def counts(self) -> dict[str, int]:
        """State -> jobs."""
        return {str(row[0]): int(row[1]) for row in self._rows(_COUNTS)}

    def queued(self) -> list[str]:
        """Jobs that wait, in the order in which they came."""
        return [plain_id(row[0]) for row in self._rows(_QUEUED)]

    def running(self) -> list[str]:
        """Jobs that somebody is at."""
        return [plain_id(row[0]) for row in self._rows(_RUNNING)]

    def ended_at(self) -> dict[str, float]:
        """Job -> when it became done or dead, in seconds since 1970."""
        return {plain_id(row[0]): _seconds(row[1]) for row in self._rows(_ENDED_AT)}

    def truth(self) -> Truth:
        """All of it."""
        return Truth(
            jobs=[
                JobRow(
                    id=plain_id(row[0]),
                    state=row[1],
                    image_hash=row[2],
                    attempts=row[3],
                    answer=row[4],
                    result_id=None if row[5] is None else plain_id(row[5]),
                    error_code=row[6],
                )
                for row in self._rows(_JOBS)
            ],
            results=[
                ResultRow(id=plain_id(row[0]), image_hash=row[2], key=tuple(map(str, row[1:])))
                for row in self._rows(_RESULTS)
            ],
            ends=Counter(plain_id(row[0]) for row in self._rows(_ENDED)),
        )

    def deliveries(self) -> list[DeliveryRow]:
        """All callbacks."""
        return [
            DeliveryRow(
                id=plain_id(row[0]),
                job_id=None if row[1] is None else plain_id(row[1]),
                url=row[2],
                state=row[3],
                attempts=row[4],
                retry_at=_seconds(row[5]),
                is_tried=row[6] is not None,
            )
            for row in self._rows(_DELIVERIES)
        ]

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def _rows(self, statement: str) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(text(statement)).all()


_COUNTS = "SELECT state, count(*) FROM jobs GROUP BY state"
_ENDED_AT = "SELECT id, finished_at FROM jobs WHERE finished_at IS NOT NULL"
_RUNNING = "SELECT id FROM jobs WHERE state = 'running'"
_QUEUED = "SELECT id FROM jobs WHERE state = 'queued' ORDER BY created_at"


def plain_id(value: object) -> str:
    """An id without hyphens, as SQLite has it and PostgreSQL has not."""
    return str(value).replace("-", "").lower()


def _seconds(moment: Any) -> float:  # noqa: ANN401 - what a database has for a moment
    """SQLite has microseconds, PostgreSQL has moments."""
    if moment is None:
        return 0.0
    return moment.timestamp() if isinstance(moment, datetime) else moment / 1e6


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=1, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30.0})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        connection.exec_driver_sql("BEGIN")

    return engine
