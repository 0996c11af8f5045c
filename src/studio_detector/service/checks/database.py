"""The database, its tables and its clock, looked at from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.checks.finding import failed, ok, warning
from studio_detector.service.store.tables import SCHEMA_VERSION

if TYPE_CHECKING:
    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.store.looking import Looking

# Tokens and signed requests are judged by this clock, and their senders keep another one.
_MOST_LEAD_S = 5.0


def check_database(looking: Looking) -> Finding:
    """Whether it answers, and what it is."""
    if looking.is_missing:
        return ok("there is no file yet; the service makes it")
    return ok(looking.server())


def check_tables(looking: Looking) -> Finding:
    """Whether the tables are those that this program reads."""
    if looking.is_missing:
        return ok(f"none yet; the service makes version {SCHEMA_VERSION}")
    found = looking.tables_version()
    if found == SCHEMA_VERSION:
        return ok(f"version {found}, the newest")
    if found is None:
        return warning(
            f"there are none; whatever starts first makes version {SCHEMA_VERSION}: "
            "studio-detector serve"
        )
    # Alembic takes long to import and is hardly ever needed.
    from studio_detector.service.store.migrations.run import versions  # noqa: PLC0415

    if found in versions():
        return warning(
            f"version {found} is older than {SCHEMA_VERSION}; whatever starts first brings them "
            "up to date: make a backup, then studio-detector migrate (docs/upgrading.md)"
        )
    return failed(
        f"version {found} is not known to this program, which knows them up to {SCHEMA_VERSION}; "
        "install the release that made them, or a newer one"
    )


def check_clock(looking: Looking) -> Finding:
    """Whether this machine and the database agree on the time."""
    if not looking.has_clock:
        return ok("that of this machine alone")
    lead_s = looking.clock_lead_s()
    if abs(lead_s) > _MOST_LEAD_S:
        return warning(
            f"this machine is {abs(lead_s):,.1f} s {'behind' if lead_s > 0 else 'ahead of'} the "
            "database; set both clocks by NTP"
        )
    return ok(f"{abs(lead_s) * 1000:,.0f} ms from the database's")
