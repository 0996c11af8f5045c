"""What recognises the tokens of an issuer, put together as the settings say."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.service.access.claims import ClaimReader
from studio_detector.service.access.issuer_keys import MOST_BYTES, IssuerKeys
from studio_detector.service.access.tokens import Tokens
from studio_detector.service.fetch.documents import DocumentFetcher

if TYPE_CHECKING:
    import contextlib
    import ssl
    from collections.abc import Callable

    from studio_detector.service.fetch.resolve import Resolver
    from studio_detector.service.secret import ServiceSecret
    from studio_detector.service.settings import ServiceSettings
    from studio_detector.service.store import Store


def open_tokens(
    settings: ServiceSettings,
    store: Store,
    secret: ServiceSecret,
    stack: contextlib.ExitStack,
    *,
    resolve: Resolver | None,
    ssl_context: ssl.SSLContext | None,
) -> Tokens:
    """Put it together; the issuer is asked when the first token comes.

    Args:
        settings: Those of the service, ``jwt_*`` and ``fetch_*``.
        store: Knows the time.
        secret: Of the service.
        stack: Closes what is opened here.
        resolve: From names to addresses; None asks the system.
        ssl_context: Whom to trust; None takes whom the system trusts.

    Raises:
        ConfigError: ``config_invalid_value`` for an address of keys that is none.
    """
    load = _loader(settings, stack, resolve, ssl_context)
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
