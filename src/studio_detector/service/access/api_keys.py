"""Making keys, replacing them, and taking them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_detector.errors import RequestError
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.key_text import new_id, new_key
from studio_detector.service.access.roles import SCOPES, Role, Scope
from studio_detector.service.access.signing_keys import new_pair
from studio_detector.service.blobs.base import is_tenant
from studio_detector.service.records import DEFAULT_TENANT
from studio_detector.service.store.keys import ApiKey

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.store import Store

_MOST_NAME = 100
# A hundred years: no key is to outlive them, and no calendar ends before.
_MOST_LIFE_S = 100 * 365 * 86_400.0
#: Name of the key that a service makes at its first start.
FIRST_NAME = "first"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key; nobody can show its secret again.

    Attributes:
        key: As the store has it.
        secret: The key itself, ``sk_...``, or the private half of one that signs, as PEM.
    """

    key: ApiKey
    secret: str = field(repr=False)


class ApiKeys:
    """Makes and replaces keys.

    Args:
        store: Where they are.
        secret: Of the service; with another one, the keys made here would not be recognised.
    """

    def __init__(self, store: Store, secret: ServiceSecret) -> None:
        self._keys = store.keys
        self._clock = store.clock
        self._hashes = KeyHashes(secret)

    def create(
        self,
        *,
        tenant: str = DEFAULT_TENANT,
        name: str = "",
        role: Role = Role.ANALYST,
        scopes: Collection[Scope] | None = None,
        expires_in_s: float | None = None,
        is_signing: bool = False,
    ) -> Issued:
        """Make a key.

        Args:
            tenant: Whose objects it opens.
            name: What people call it; no secret.
            role: What it may do.
            scopes: Only this of it; None for all that the role may.
            expires_in_s: Seconds after which it opens nothing; None for never.
            is_signing: Whether it signs requests instead of being sent with them.

        Raises:
            RequestError: ``request_invalid`` for a tenant, name, scope or time that is none.
        """
        _check(tenant, name, role, scopes, expires_in_s)
        now = self._clock()
        issued = self._issue(
            is_signing=is_signing,
            tenant=tenant,
            name=name,
            role=role.value,
            scopes=None if scopes is None else tuple(sorted(scopes)),
            now=now,
            expires_at=None if expires_in_s is None else now + timedelta(seconds=expires_in_s),
        )
        return Issued(self._keys.create(issued.key), issued.secret)

    def rotate(self, key_id: str, *, grace_s: float) -> tuple[Issued, ApiKey]:
        """Make a key in the place of another; for a while both are good.

        The new one may do the same, and lives as long as the old one was to live.

        Args:
            key_id: The old one.
            grace_s: Seconds after which the old one opens nothing.

        Returns:
            The new key, and the old one as it is now.

        Raises:
            RequestError: ``key_unknown`` if there is no such key, or it is not live, or it was
                replaced already; ``request_invalid`` for a time that is none.
        """
        if not 0 <= grace_s <= _MOST_LIFE_S:
            raise _invalid(f"a key cannot be good for {grace_s:g} s more")
        old = self._keys.get(key_id)
        now = self._clock()
        life = None if old.expires_at is None else old.expires_at - old.created_at
        issued = self._issue(
            is_signing=old.public_key is not None,
            tenant=old.tenant,
            name=old.name,
            role=old.role,
            scopes=old.scopes,
            now=now,
            expires_at=None if life is None else now + life,
            replaces=old.id,
        )
        old = self._keys.rotate(issued.key, old_expires_at=now + timedelta(seconds=grace_s))
        return issued, old

    def of_another_secret(self) -> list[ApiKey]:
        """Live keys that this service does not recognise, being made with another secret."""
        now = self._clock()
        return self._hashes.foreign(key for key in self._keys.find_all() if key.is_live(now))

    def first(self) -> Issued | None:
        """Make an admin's key if there was never any; None if there was."""
        if self._keys.first_exists():
            return None
        issued = self._issue(
            is_signing=False,
            tenant=DEFAULT_TENANT,
            name=FIRST_NAME,
            role=Role.ADMIN.value,
            scopes=None,
            now=self._clock(),
            expires_at=None,
        )
        return issued if self._keys.create_first(issued.key) else None

    def _issue(  # noqa: PLR0913 - the columns
        self,
        *,
        is_signing: bool,
        tenant: str,
        name: str,
        role: str,
        scopes: tuple[str, ...] | None,
        now: datetime,
        expires_at: datetime | None,
        replaces: str | None = None,
    ) -> Issued:
        key_id = new_id()
        if is_signing:
            pair = new_pair()
            secret, secret_hash, public_key = pair.private, None, pair.public
        else:
            text = new_key(key_id)
            secret, secret_hash, public_key = text.text, self._hashes.of(text), None
        key = ApiKey(
            id=key_id,
            tenant=tenant,
            name=name,
            role=role,
            scopes=scopes,
            secret_hash=secret_hash,
            public_key=public_key,
            created_at=now,
            expires_at=expires_at,
            replaces=replaces,
        )
        return Issued(key, secret)


def first_key(store: Store, secret: ServiceSecret) -> str | None:
    """Make an admin's key for a store that never had a key.

    Args:
        store: Of the service.
        secret: Of the service.

    Returns:
        The key, to be shown once; None if there is one already.
    """
    issued = ApiKeys(store, secret).first()
    return issued.secret if issued else None


def _check(
    tenant: str,
    name: str,
    role: Role,
    scopes: Collection[Scope] | None,
    expires_in_s: float | None,
) -> None:
    if not is_tenant(tenant):
        raise _invalid(
            f"{tenant[:100]!r} is no name of a tenant; take up to 64 small letters, digits, dots, "
            "dashes and underscores, a letter or digit first"
        )
    if len(name) > _MOST_NAME or not name.isprintable():
        raise _invalid(f"a key's name has at most {_MOST_NAME} characters, all printable")
    if scopes is not None and (not scopes or not set(scopes) <= SCOPES[role]):
        raise _invalid(
            f"a key of the role {role} may have some of: {', '.join(sorted(SCOPES[role]))}"
        )
    if expires_in_s is not None and not 0 < expires_in_s <= _MOST_LIFE_S:
        raise _invalid(f"a key cannot expire {expires_in_s:g} s from now")


def _invalid(message: str) -> RequestError:
    return RequestError(message, code="request_invalid")
