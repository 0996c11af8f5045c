"""Alembic's way in; it has a connection already, whose transaction is not ended here."""

from __future__ import annotations

from alembic import context

from studio_detector.service.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
