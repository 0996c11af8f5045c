"""The authenticator, put together as the settings say."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.service.access.authenticate import Authenticator
from studio_detector.service.access.claims import ClaimReader
from studio_detector.service.access.issuer_keys import MOST_BYTES, IssuerKeys
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.known_keys import KnownKeys
from studio_detector.service.access.last_uses import LastUses
from studio_detector.service.access.signed_requests import SignedRequests
from studio_detector.service.access.tokens import Tokens
from studio_detector.service.fetch.documents import DocumentFetcher

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store


def open_authenticator(
    settings: ServiceSettings,
    store: Store,
    secret: ServiceSecret,
    *,
    resolve: Resolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> Authenticator:
    """Put the authenticator together; the issuer of tokens is asked when the first one comes.

    Args:
        settings: Those of the service, ``jwt_*``, ``signature_window_s`` and ``fetch_*``.
        store: Knows keys and nonces.
        secret: Of the service.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.

    Raises:
        ConfigError: ``config_invalid_value`` for an address of keys that is none.
    """
    with contextlib.ExitStack() as stack:
        uses = LastUses(store.keys)
        stack.callback(uses.close)
        tokens = None
        if settings.jwt_issuer is not None:
            load = _loader(settings, stack, resolve, ssl_context)
            tokens = _tokens(settings, store, secret, load)
        return Authenticator(
            keys=KnownKeys(store.keys, KeyHashes(secret), uses, clock=store.clock),
            signed=SignedRequests(
                store.keys,
                store.nonces,
                uses,
                window_s=settings.signature_window_s,
                clock=store.clock,
            ),
            tokens=tokens,
            close=stack.pop_all().close,
        )


def _tokens(
    settings: ServiceSettings, store: Store, secret: ServiceSecret, load: Callable[[], bytes]
) -> Tokens:
    return Tokens(
        issuer=settings.jwt_issuer or "",
        audience=settings.jwt_audience or "",
        algorithms=settings.jwt_algorithms,
        keys=IssuerKeys(load, settings.jwt_algorithms),
        reader=ClaimReader(
            tenant_claim=settings.jwt_tenant_claim,
            role_claim=settings.jwt_role_claim,
            actor_key=secret.key("actors"),
        ),
        clock=store.clock,
    )


def _loader(
    settings: ServiceSettings,
    stack: contextlib.ExitStack,
    resolve: Resolver | None,
    ssl_context: ssl.SSLContext | None,
) -> Callable[[], bytes]:
    place = settings.jwt_keys or ""
    if "://" not in place:
        return partial(_read, Path(place).expanduser())
    fetcher = DocumentFetcher(
        place, name="jwt_keys", settings=settings, resolve=resolve, ssl_context=ssl_context
    )
    stack.callback(fetcher.close)
    return partial(fetcher.fetch, MOST_BYTES)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ConfigError(
            f"{str(path)!r} is larger than {MOST_BYTES} bytes", code="config_invalid_value"
        )
    return data
