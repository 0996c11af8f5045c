"""Both clients, seen through the same eyes, and a service for them."""

from __future__ import annotations

from inspect import isawaitable

import anyio.from_thread
import pytest

from fake_service import FakeService
from studio_detector.client import AsyncClient, Client, RetryPolicy

QUICK = RetryPolicy(tries=4, first_s=0.001, most_s=2.0)


@pytest.fixture
def service(httpserver):
    """A fake service; `url` is where it listens."""
    return FakeService(httpserver)


class Blocking:
    """An `AsyncClient` on an event loop in another thread, called like a `Client`."""

    def __init__(self, portal, url, **options):
        self._portal = portal
        self._client = portal.call(self._made, url, options)

    async def _made(self, url, options):
        return AsyncClient(url, **options)

    def __getattr__(self, name):
        method = getattr(self._client, name)

        def call(*arguments, **named):
            async def begin():
                begun = method(*arguments, **named)
                return (await begun) if isawaitable(begun) else begun

            begun = self._portal.call(begin)
            return self._each(begun) if hasattr(begun, "__anext__") else begun

        return call

    def _each(self, items):
        async def following():
            return await anext(items, self)

        try:
            while (item := self._portal.call(following)) is not self:
                yield item
        finally:
            self._portal.call(items.aclose)


@pytest.fixture(params=["sync", "asyncio"])
def connect(request):
    """Make clients of either kind; ``connect(url, **options)``."""
    if request.param == "sync":
        opened = []

        def connect(url, **options):
            opened.append(Client(url, **{"retries": QUICK, **options}))
            return opened[-1]

        yield connect
        for client in opened:
            client.close()
        return
    with anyio.from_thread.start_blocking_portal(request.param) as portal:
        opened = []

        def connect(url, **options):
            opened.append(Blocking(portal, url, **{"retries": QUICK, **options}))
            return opened[-1]

        yield connect
        for client in opened:
            client.close()


@pytest.fixture
def client(connect, service):
    """A client of either kind of the fake service."""
    return connect(service.url)
