"""The log that the settings want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.service.audit.log import AuditLog, NoAudit

if TYPE_CHECKING:
    from studio_detector.service.audit.log import AuditWriter
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store


def open_audit(settings: ServiceSettings, store: Store, secret: ServiceSecret) -> AuditWriter:
    """Open the log; what is noted is written once it is started.

    Args:
        settings: ``audit``.
        store: Where its rows are.
        secret: Of the service.
    """
    return AuditLog(store.audit, secret) if settings.audit else NoAudit()
