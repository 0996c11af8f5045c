"""Every check in its order, each timed, and none in the way of the others."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING

from studio_detector.errors import StudioDetectorError
from studio_detector.service.checks.database import check_clock, check_database, check_tables
from studio_detector.service.checks.decoding import check_codecs, check_sandbox
from studio_detector.service.checks.finding import Checked, failed, skipped, warning
from studio_detector.service.checks.folder import check_folder
from studio_detector.service.checks.keys import check_api_keys, check_master_keys
from studio_detector.service.checks.pictures import check_pictures
from studio_detector.service.checks.servers import check_broker, check_cache, check_rates
from studio_detector.service.parts import database_url_of
from studio_detector.service.store.looking import Looking
from studio_detector.service.store.terms import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.vault.key_wrapper import KeyWrapper

#: Parts without which the service runs, if more slowly.
CONVENIENCES = frozenset({"cache", "rates"})
#: Part -> the part that must be well for it to be tried.
NEEDS = {"tables": "database", "clock": "database", "keys": "tables", "master keys": "tables"}


def check_service(
    settings: ServiceSettings,
    data_dir: Path,
    *,
    load_hook: Callable[[], KeyWrapper | None],
    clock: Callable[[], datetime] = utc_now,
) -> list[Checked]:
    """Try every part of the service; nothing is made, migrated or left behind.

    Args:
        settings: Of the service.
        data_dir: Its folder; need not be there.
        load_hook: Gives what ``master_key_hook`` names.
        clock: Gives the moment, in UTC, by which the ages of keys are judged.

    Returns:
        What was found, one part after the other.
    """
    with contextlib.ExitStack() as stack:

        @functools.cache
        def looking() -> Looking:
            return stack.enter_context(
                contextlib.closing(Looking(database_url_of(settings, data_dir)))
            )

        return _all_told(
            {
                "folder": lambda: check_folder(data_dir),
                "database": lambda: check_database(looking()),
                "tables": lambda: check_tables(looking()),
                "clock": lambda: check_clock(looking()),
                "broker": lambda: check_broker(settings),
                "cache": lambda: check_cache(settings),
                "rates": lambda: check_rates(settings),
                "pictures": lambda: check_pictures(settings, data_dir),
                "keys": lambda: check_api_keys(settings, data_dir, looking(), clock()),
                "master keys": lambda: check_master_keys(
                    settings, data_dir, looking(), load_hook(), clock()
                ),
                "codecs": check_codecs,
                "sandbox": lambda: check_sandbox(settings),
            }
        )


def _all_told(checks: dict[str, Callable[[], Finding]]) -> list[Checked]:
    told: dict[str, Checked] = {}
    for part, ask in checks.items():
        needed = NEEDS.get(part)
        if needed is not None and told[needed].finding.state != "ok":
            finding, took_ms = skipped(f"not tried, since {needed} is not well"), 0.0
        else:
            started_s = time.perf_counter()
            finding = _told(part, ask)
            took_ms = (time.perf_counter() - started_s) * 1000
        told[part] = Checked(part=part, finding=finding, took_ms=took_ms)
    return list(told.values())


def _told(part: str, ask: Callable[[], Finding]) -> Finding:
    """What a check says, or what stopped it."""
    try:
        return ask()
    except StudioDetectorError as error:
        text = error.message
    except Exception as error:  # noqa: BLE001 - the others are to be told all the same
        # Its own words may hold a secret.
        text = f"the check itself failed ({type(error).__name__}); report this as a defect"
    return warning(text) if part in CONVENIENCES else failed(text)
