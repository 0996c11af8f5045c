"""Keys of the API: whose they are and what they may do; of a secret only a keyed hash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal, or_, select, text, update

from studio_detector.errors import RequestError
from studio_detector.service.store.tables import api_keys
from studio_detector.service.store.types import UtcTime, storable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from studio_detector.service.store.engine import Database

_INSERT = insert(api_keys)
_ANY = select(api_keys.c.id).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the store has it. It has either a hash or a public key.

    Attributes:
        id: Its name, which is no secret.
        tenant: Whose objects it opens.
        name: What people call it.
        role: Name of the role.
        scopes: What it may do of what the role may; None for all of that.
        secret_hash: Keyed hash of a key that is shown; None for one that signs.
        public_key: Public half of a key that signs; None for one that is shown.
        created_at: When, UTC.
        expires_at: From when on it opens nothing; None for never.
        revoked_at: When it was revoked; None if it was not.
        last_used_at: When it was used last, to about a minute; None if never.
        replaces: Id of the key it was made to replace; None without.
    """

    id: str
    tenant: str
    name: str
    role: str
    scopes: tuple[str, ...] | None = None
    secret_hash: str | None = None
    public_key: str | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    replaces: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Say whether it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Keys:
    """The keys of all tenants.

    Args:
        db: Where they are.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, key: ApiKey) -> ApiKey:
        """Keep a new key; gives it as it will be read again."""
        kept = replace(key, name=storable(key.name))
        self._db.write(lambda tx: tx.execute(_INSERT, _values(kept)))
        return kept

    def create_first(self, key: ApiKey) -> bool:
        """Keep a new key if there was never any; of many who try at once, one succeeds.

        Returns:
            Whether it was kept.
        """

        def work(tx: Connection) -> bool:
            if tx.dialect.name != "sqlite":
                tx.execute(text("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"))
            if tx.execute(_ANY).first() is not None:
                return False
            tx.execute(_INSERT, _values(key))
            return True

        return self._db.write(work)

    def first_exists(self) -> bool:
        """Say whether there is a key, live or not."""
        return self._db.read(lambda tx: tx.execute(_ANY).first()) is not None

    def find(self, key_id: str) -> ApiKey | None:
        """Look a key up, whosever it is; None if there is none."""
        query = select(*api_keys.c).where(api_keys.c.id == storable(key_id))
        return _key(self._db.read(lambda tx: tx.execute(query).first()))

    def get(self, key_id: str) -> ApiKey:
        """Look a key up that must be there.

        Raises:
            RequestError: ``key_unknown``.
        """
        found = self.find(key_id)
        if found is None:
            raise _unknown(key_id)
        return found

    def find_all(self, tenant: str | None = None) -> list[ApiKey]:
        """The keys, the newest first.

        Args:
            tenant: Whose; None for everybody's.
        """
        query = select(*api_keys.c).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
        if tenant is not None:
            query = query.where(api_keys.c.tenant == storable(tenant))
        rows = self._db.read(lambda tx: tx.execute(query).all())
        return [key for row in rows if (key := _key(row)) is not None]

    def rotate(self, key: ApiKey, *, old_expires_at: datetime) -> ApiKey:
        """Keep a new key in the place of the one that it names, which expires.

        Args:
            key: The new one; ``replaces`` names the old one.
            old_expires_at: When the old one expires, unless it does earlier.

        Returns:
            The old one, as it is now.

        Raises:
            RequestError: ``key_unknown`` if there is no such key, or it is not live, or it was
                replaced already.
        """
        old_id = key.replaces or ""

        def work(tx: Connection) -> ApiKey:
            query = select(*api_keys.c).where(api_keys.c.id == old_id).with_for_update()
            old = _key(tx.execute(query).first())
            if old is None or not old.is_live(key.created_at):
                raise _unknown(old_id)
            later = tx.execute(select(api_keys.c.id).where(api_keys.c.replaces == old_id)).scalar()
            if later is not None:
                raise RequestError(
                    f"the key {old_id} was replaced by {later} already; rotate that one, or create "
                    "a key",
                    code="key_unknown",
                )
            expires_at = min(old.expires_at or old_expires_at, old_expires_at)
            tx.execute(
                update(api_keys).where(api_keys.c.id == old_id).values(expires_at=expires_at)
            )
            tx.execute(_INSERT, _values(key))
            return replace(old, expires_at=expires_at)

        return self._db.write(work)

    def revoke(self, key_id: str, now: datetime) -> ApiKey:
        """Have a key open nothing from now on; one that is revoked stays as it is.

        Raises:
            RequestError: ``key_unknown``.
        """
        change = (
            update(api_keys)
            .where(api_keys.c.id == storable(key_id))
            .values(revoked_at=func.coalesce(api_keys.c.revoked_at, literal(now, UtcTime)))
        )
        self._db.write(lambda tx: tx.execute(change))
        return self.get(key_id)

    def used(self, key_id: str, now: datetime, *, unless_since: datetime) -> None:
        """Note that a key was used, if that is worth a write.

        Args:
            key_id: The key.
            now: When.
            unless_since: Nothing is written if a use after this moment is noted already.
        """
        seen = api_keys.c.last_used_at
        change = (
            update(api_keys)
            .where(api_keys.c.id == key_id, or_(seen.is_(None), seen <= unless_since))
            .values(last_used_at=now)
        )
        self._db.write(lambda tx: tx.execute(change))


def _values(key: ApiKey) -> dict[str, Any]:
    values = {name: getattr(key, name) for name in ApiKey.__slots__}
    return values | {"scopes": None if key.scopes is None else " ".join(key.scopes)}


def _key(row: Any) -> ApiKey | None:  # noqa: ANN401 - a row of any select
    if row is None:
        return None
    values = dict(row._mapping)  # noqa: SLF001
    scopes = values.pop("scopes")
    return ApiKey(**values, scopes=None if scopes is None else tuple(scopes.split()))


def _unknown(key_id: str) -> RequestError:
    return RequestError(
        f"there is no live key {key_id[:40]!r}; studio-detector keys list names those there are",
        code="key_unknown",
    )
