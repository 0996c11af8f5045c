"""Conditions that partial indexes are made for.

Their values are written out: a planner that sees only a parameter cannot know that the rows it
is asked for are those of the index.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, literal_column

from studio_detector.service.store.tables import deliveries, jobs

_QUEUED: ColumnElement[str] = literal_column("'queued'")
_RUNNING: ColumnElement[str] = literal_column("'running'")

IS_QUEUED = jobs.c.state == _QUEUED
IS_RUNNING = jobs.c.state == _RUNNING
IS_UNFINISHED = jobs.c.state.in_((_QUEUED, _RUNNING))
IS_DEAD = jobs.c.state == literal_column("'dead'")
IS_OVER = jobs.c.state.in_(
    (literal_column("'done'"), literal_column("'dead'"), literal_column("'cancelled'"))
)
#: Waits to be worked on, and for nobody else.
WAITS = and_(IS_QUEUED, jobs.c.leader_id.is_(None))
#: The same for one job that is looked up by its id, put so that no partial index fits: on tables
#: that fill and empty faster than their statistics, PostgreSQL would read all of such an index.
WAITS_ITSELF = and_(IS_QUEUED, func.coalesce(jobs.c.leader_id, jobs.c.id) == jobs.c.id)
IS_PENDING = deliveries.c.state == literal_column("'pending'")
HAS_FAILED = deliveries.c.state == literal_column("'failed'")
