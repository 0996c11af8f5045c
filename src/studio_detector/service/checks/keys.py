"""The keys: those of callers, and those that open pictures."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_detector.reporting.words import counted
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.roles import Role
from studio_detector.service.checks.finding import failed, ok, warning
from studio_detector.service.secret import SECRET_FILE, open_secret
from studio_detector.service.store.data_keys import DataKey
from studio_detector.service.vault.envelope import KEY_BYTES, DamagedError
from studio_detector.service.vault.master_keys import MASTER_KEY_FILE, open_master_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store.keys import ApiKey
    from studio_detector.service.store.looking import Looking
    from studio_detector.service.vault.key_wrapper import KeyWrapper
    from studio_detector.service.vault.master_keys import MasterKeys

#: Keys that expire earlier are named.
SOON = timedelta(days=14)
#: Keys that are older are named.
OLD = timedelta(days=365)
_MOST_NAMED = 3


def check_api_keys(
    settings: ServiceSettings, data_dir: Path, looking: Looking, now: datetime
) -> Finding:
    """Whether somebody can administer, and which keys should be replaced."""
    found = [] if looking.is_missing else looking.api_keys()
    if not found:
        if settings.is_open:
            return ok("none, and nobody is asked for one")
        return ok("none yet; the service prints an admin's key when it starts")
    live = [key for key in found if key.is_live(now)]
    text = _counts(found, live)
    if _has_secret(settings, data_dir):
        foreign = KeyHashes(open_secret(settings, data_dir)).foreign(live)
        if foreign:
            return failed(
                f"{text}; made with another service_secret, so that the service does not know "
                f"them: {_named(foreign)}; set the one they were made with"
            )
    is_administered = any(key.role == Role.ADMIN for key in live)
    if not (is_administered or settings.is_open or settings.jwt_issuer):
        return warning(f"{text}; none is an admin's: studio-detector keys create --role admin")
    ending = [key for key in live if key.expires_at is not None and key.expires_at - now < SOON]
    if ending:
        return warning(
            f"{text}; within {SOON.days} days expire {_named(ending)}: studio-detector keys rotate"
        )
    old = [key for key in live if now - key.created_at > OLD]
    if old:
        return warning(
            f"{text}; older than {OLD.days} days: {_named(old)}; studio-detector keys rotate"
        )
    return ok(text)


def check_master_keys(
    settings: ServiceSettings,
    data_dir: Path,
    looking: Looking,
    hook: KeyWrapper | None,
    now: datetime,
) -> Finding:
    """Whether keys of pictures can be wrapped and unwrapped, all that are kept among them."""
    if not settings.encrypt_pictures:
        return warning("pictures are kept as they are; set encrypt_pictures to true")
    path = data_dir / MASTER_KEY_FILE
    is_set = hook is not None or bool(settings.master_keys)
    if not (is_set or path.exists() or (settings.is_scaled and settings.blobs_url)):
        return ok("none yet; the service makes one")
    masters = open_master_keys(settings, data_dir, hook)
    if not _is_round_trip(masters):
        return failed("what the newest key wraps it does not unwrap; see to master_key_hook")
    wrapped = {} if looking.is_missing else looking.wrapped_counts()
    text = f"the newest, {masters.newest_id}, wraps {wrapped.get(masters.newest_id, 0):,} pictures"
    others = {name: n for name, n in wrapped.items() if name != masters.newest_id}
    # A hook may know keys that it does not name.
    missing = [] if hook else sorted(others.keys() - {key.key_id for key in masters.local})
    if missing:
        count = sum(others[name] for name in missing)
        return failed(
            f"{counted(count, 'kept picture')} cannot be opened, being wrapped by "
            f"{' '.join(missing)}; add these to master_keys, after the newest"
        )
    if others:
        return warning(
            f"{text}, older ones {sum(others.values()):,}; studio-detector pictures rewrap"
        )
    since = None if looking.is_missing else looking.master_first_used_at(masters.newest_id)
    if since is None:
        return ok(f"{text}, and has not been used yet")
    age = now - since
    if age > OLD:
        place = "master_keys" if is_set else path
        return warning(
            f"{text}, and is in use for {age.days} days; put another one before it in {place}, "
            "then studio-detector pictures rewrap (docs/service/privacy.md)"
        )
    return ok(f"{text}, in use for {counted(age.days, 'day')}")


def _has_secret(settings: ServiceSettings, data_dir: Path) -> bool:
    """Whether there is a secret already; opening it would make one."""
    return settings.service_secret is not None or (data_dir / SECRET_FILE).exists()


def _is_round_trip(masters: MasterKeys) -> bool:
    data_key = secrets.token_bytes(KEY_BYTES)
    names = DataKey(tenant="probe", image_hash="0" * 64, blob="0" * 64, wrapped="", master_id="")
    try:
        return masters.unwrapped(masters.wrapped(data_key, names)) == data_key
    except DamagedError:
        return False


def _counts(found: Sequence[ApiKey], live: Sequence[ApiKey]) -> str:
    revoked = sum(key.revoked_at is not None for key in found)
    return f"{len(live)} live, {len(found) - len(live) - revoked} expired, {revoked} revoked"


def _named(keys: Sequence[ApiKey]) -> str:
    shown = ", ".join(key.id for key in keys[:_MOST_NAMED])
    more = len(keys) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
