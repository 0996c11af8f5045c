"""Talk to a service: `Client` and `AsyncClient` (extra ``client``)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from studio_detector.errors import MissingExtraError

if TYPE_CHECKING:
    from studio_detector.client.answers import (
        Batch,
        BatchRow,
        Feedback,
        Health,
        Job,
        Result,
        Similar,
    )
    from studio_detector.client.asynchronous import AsyncClient
    from studio_detector.client.errors import JobPendingError, RemoteError
    from studio_detector.client.exchange import RetryPolicy
    from studio_detector.client.signing import RequestSigner
    from studio_detector.client.sync import Client

__all__ = [
    "AsyncClient",
    "Batch",
    "BatchRow",
    "Client",
    "Feedback",
    "Health",
    "Job",
    "JobPendingError",
    "RemoteError",
    "RequestSigner",
    "Result",
    "RetryPolicy",
    "Similar",
]

_HOMES = {
    "AsyncClient": "asynchronous",
    "Client": "sync",
    "JobPendingError": "errors",
    "RemoteError": "errors",
    "RequestSigner": "signing",
    "RetryPolicy": "exchange",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'answers')}")
    except ModuleNotFoundError as error:
        if error.name in {"cryptography", "http_message_signatures"}:
            raise MissingExtraError.for_package(
                "http-message-signatures", "sign", "signing requests"
            ) from error
        if error.name not in {"anyio", "httpx2"}:
            raise
        raise MissingExtraError.for_package("httpx2", "client", "talking to a service") from error
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
