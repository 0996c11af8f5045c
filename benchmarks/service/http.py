"""A client that costs next to nothing, so that the figures are the service's own.

Requests are built beforehand; a connection is kept and used by one request after another.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self


# asyncio copies what does not leave at once, again and again where that is a whole archive.
_PIECE_BYTES = 1 << 18


class Connection:
    """One kept connection.

    Args:
        address: For instance ``http://127.0.0.1:8000``.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()

    async def request(
        self, method: str, target: str, body: bytes = b"", headers: str = ""
    ) -> tuple[int, Any]:
        """Send one request.

        Returns:
            Status and what the JSON of the answer holds; None without a body.
        """
        assert self._reader is not None  # noqa: S101 - for the type checker
        assert self._writer is not None  # noqa: S101
        self._writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
        )
        with memoryview(body) as view:
            for at in range(0, len(view), _PIECE_BYTES):
                self._writer.write(view[at : at + _PIECE_BYTES])
                await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next((line[15:] for line in lines if line.startswith("content-length:")), "0")
        data = await self._reader.readexactly(int(length))
        return status, json.loads(data) if data else None


@contextlib.asynccontextmanager
async def connections_to(address: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections at once."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Connection(address)) for _ in range(count)]


async def post_photo(connection: Connection, data: bytes, query: str = "") -> tuple[int, Any]:
    """Post one picture as the body of a request."""
    return await connection.request(
        "POST", f"/api/v1/analyse{query}", data, "Content-Type: application/octet-stream\r\n"
    )
