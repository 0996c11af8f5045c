"""What sync and async share about httpx2: addresses, headers, requests, failures."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2

from studio_detector.client.exchange import Core, RetryPolicy
from studio_detector.client.steps import Broken, Reply
from studio_detector.errors import ConfigError
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import BinaryIO

    from studio_detector.client.steps import Request

#: The address of a service that was started without options.
DEFAULT_URL = "http://127.0.0.1:8000"
_API = "/api/v1"
_CONNECT_TIMEOUT_S = 5.0
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to reach a service.

    Attributes:
        root: Its address, without a slash at the end.
        headers: What every request says.
        timeout_s: Seconds of silence after which a request is given up.
        core: What the calls need of it.
    """

    root: str
    headers: dict[str, str]
    timeout_s: float
    core: Core

    @classmethod
    def of(
        cls, base_url: str, *, api_key: str | None, timeout_s: float, retries: RetryPolicy
    ) -> Settings:
        """Check what a client is made of.

        Raises:
            ConfigError: ``config_invalid_value`` if the address is none of HTTP.
        """
        try:
            parts = urlsplit(base_url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            parts, port = urlsplit(""), ""
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"base_url begins with {base_url.partition('@')[2][:40] or base_url[:40]!r}, which "
                f"is no address of a service; write it like {DEFAULT_URL}",
                code="config_invalid_value",
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        path = parts.path.rstrip("/").removesuffix(_API)
        headers = {"accept": "application/json", "user-agent": f"studio-detector/{VERSION}"}
        if api_key is not None:
            headers["authorization"] = f"Bearer {api_key}"
        return cls(
            root=base_url.partition("?")[0].rstrip("/").removesuffix(_API),
            headers=headers,
            timeout_s=timeout_s,
            core=Core(origin=f"{parts.scheme}://{host}{port}{path}", policy=retries),
        )

    def arguments(self, request: Request, file: BinaryIO | None) -> dict[str, Any]:
        """The arguments of `httpx2.Client.request` for a request.

        Args:
            request: The request.
            file: Its upload, opened.
        """
        arguments: dict[str, Any] = {
            "method": request.method,
            "url": self.root + ("" if request.is_outside_api else _API) + request.path,
            "params": dict(request.params),
            "headers": {**self.headers, **request.headers},
            "timeout": httpx2.Timeout(
                self.timeout_s + request.answers_within_s, connect=_CONNECT_TIMEOUT_S
            ),
        }
        if request.json is not None:
            arguments["json"] = request.json
        if request.upload is not None and request.is_bare and file is not None:
            arguments["content"] = file
            arguments["headers"] |= {
                "content-type": "application/octet-stream",
                "content-length": str(file.seek(0, os.SEEK_END)),
            }
            file.seek(0)
        elif request.upload is not None:
            name = request.upload.name
            arguments["files"] = {"file": (name, file, "application/octet-stream")}
            arguments["data"] = dict(request.form)
        return arguments


async def pieces_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """The pieces of a file, for a request that is awaited."""
    while piece := file.read(_PIECE_BYTES):
        yield piece


def reply_of(response: httpx2.Response, body: bytes) -> Reply:
    """Our form of an answer."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=body)


def broken(error: httpx2.RequestError) -> Broken:
    """Our form of a failure on the way."""
    unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
    words: dict[type[httpx2.RequestError], str] = {
        httpx2.ConnectError: "it refuses connections or has no such name",
        httpx2.ConnectTimeout: "connecting took too long",
        httpx2.ReadTimeout: "it was silent for too long",
        httpx2.ReadError: "the connection broke",
        httpx2.RemoteProtocolError: "it closed the connection",
    }
    reason = words.get(type(error), type(error).__name__)
    return Broken(reason=reason, was_sent=not isinstance(error, unsent))
