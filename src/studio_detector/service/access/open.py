"""The authenticator, put together as the settings say."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from studio_detector.service.access.authenticate import Authenticator
from studio_detector.service.access.key_hashes import KeyHashes
from studio_detector.service.access.known_keys import KnownKeys
from studio_detector.service.access.last_uses import LastUses
from studio_detector.service.access.signed_requests import SignedRequests

if TYPE_CHECKING:
    import ssl

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
            # A library that is only needed where there is an issuer.
            from studio_detector.service.access.open_tokens import open_tokens  # noqa: PLC0415

            tokens = open_tokens(
                settings, store, secret, stack, resolve=resolve, ssl_context=ssl_context
            )
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
