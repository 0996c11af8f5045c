"""The client that awaits."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import anyio
import httpx2

from studio_detector.client import batch_calls, job_calls, result_calls
from studio_detector.client.exchange import RetryPolicy
from studio_detector.client.sources import opened_upload
from studio_detector.client.steps import Give, Open, Pause, Send
from studio_detector.client.transport import DEFAULT_URL, Settings, broken, pieces_of, reply_of
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
    from typing import Unpack
    from uuid import UUID

    from studio_detector.client.answers import (
        Batch,
        BatchRow,
        Feedback,
        Health,
        Job,
        JobState,
        Label,
        Result,
        Similar,
    )
    from studio_detector.client.result_calls import ResultFilter
    from studio_detector.client.sources import Source
    from studio_detector.client.steps import Broken, Reply, Step, Steps
    from studio_detector.client.wishes import Wishes

_T = TypeVar("_T")
_PATIENCE_S = 300.0


class AsyncClient:
    """Talks to a service from an event loop; everything else is as with `Client`.

    ::

        async with AsyncClient("http://127.0.0.1:8000") as client:
            result = await client.analyse("portrait.jpg")

    Args:
        base_url: Address of the service.
        api_key: Sent as ``Authorization: Bearer``; None sends none.
        signer: Signs requests instead, a `RequestSigner`; None signs none.
        timeout_s: Seconds of silence after which a request is given up.
        retries: How often and when a request is sent again.
        transport: What carries requests, for tests; None takes the network.

    Raises:
        ConfigError: ``config_invalid_value`` if the address is none of HTTP, or there are both
            a key and a signer.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        signer: httpx2.Auth | None = None,
        timeout_s: float = 30.0,
        retries: RetryPolicy | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        if api_key is not None and signer is not None:
            raise ConfigError(
                "there are an api_key and a signer; give one of them", code="config_invalid_value"
            )
        self._settings = Settings.of(
            base_url, api_key=api_key, timeout_s=timeout_s, retries=retries or RetryPolicy()
        )
        self._core = self._settings.core
        self._http = httpx2.AsyncClient(transport=transport, auth=signer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def analyse(
        self,
        source: Source,
        *,
        wait_s: float = _PATIENCE_S,
        progress: Callable[[Job], None] | None = None,
        **wishes: Unpack[Wishes],
    ) -> Result:
        """See `Client.analyse`; ``progress`` is called, not awaited."""
        return await self._run(
            job_calls.analyse(self._core, source, wishes, wait_s=wait_s, progress=progress)
        )

    async def submit(self, source: Source, **wishes: Unpack[Wishes]) -> Job:
        """See `Client.submit`."""
        return await self._run(job_calls.submit(self._core, source, wishes))

    async def job(self, job_id: UUID | str, *, wait_s: float = 0.0) -> Job:
        """See `Client.job`."""
        return await self._run(job_calls.job(self._core, job_id, wait_s=wait_s))

    async def wait(
        self,
        job_id: UUID | str,
        *,
        wait_s: float = _PATIENCE_S,
        progress: Callable[[Job], None] | None = None,
    ) -> Job:
        """See `Client.wait`; ``progress`` is called, not awaited."""
        return await self._run(job_calls.wait(self._core, job_id, wait_s=wait_s, progress=progress))

    def jobs(
        self, *, state: JobState | None = None, batch_id: UUID | str | None = None
    ) -> AsyncIterator[Job]:
        """See `Client.jobs`."""
        filters = {"state": state, "batch_id": None if batch_id is None else str(batch_id)}
        given = {name: value for name, value in filters.items() if value is not None}
        return self._each(job_calls.jobs(self._core, given))

    async def cancel(self, job_id: UUID | str, *, erase: bool = False) -> None:
        """See `Client.cancel`."""
        await self._run(job_calls.cancel(self._core, job_id, erase=erase))

    async def retry(self, job_id: UUID | str) -> Job:
        """See `Client.retry`."""
        return await self._run(job_calls.retry(self._core, job_id))

    async def batch(
        self, pictures: Iterable[str] | str | os.PathLike[str], **wishes: Unpack[Wishes]
    ) -> Batch:
        """See `Client.batch`."""
        return await self._run(batch_calls.batch(self._core, pictures, wishes))

    async def batch_status(self, batch_id: UUID | str) -> Batch:
        """See `Client.batch_status`."""
        return await self._run(batch_calls.batch_status(self._core, batch_id))

    def batch_progress(self, batch_id: UUID | str) -> AsyncIterator[Batch]:
        """See `Client.batch_progress`."""
        return self._each(batch_calls.progress(self._core, batch_id))

    def batch_results(self, batch_id: UUID | str) -> AsyncIterator[BatchRow]:
        """See `Client.batch_results`."""
        return self._each(batch_calls.batch_rows(self._core, batch_id))

    async def result(self, result_id: UUID | str) -> Result:
        """See `Client.result`."""
        return await self._run(result_calls.result(self._core, result_id))

    def results(self, **only: Unpack[ResultFilter]) -> AsyncIterator[Result]:
        """See `Client.results`."""
        return self._each(result_calls.results(self._core, only))

    async def similar(self, image_hash: str) -> tuple[Similar, ...]:
        """See `Client.similar`."""
        return await self._run(result_calls.similar(self._core, image_hash))

    async def feedback(
        self, result_id: UUID | str, label: Label, note: str | None = None
    ) -> Feedback:
        """See `Client.feedback`."""
        return await self._run(result_calls.feedback(self._core, result_id, label, note))

    async def report(self, result_id: UUID | str) -> str:
        """See `Client.report`."""
        return await self._run(result_calls.report(self._core, result_id))

    async def overlay(self, result_id: UUID | str, name: str) -> bytes:
        """See `Client.overlay`."""
        return await self._run(result_calls.overlay(self._core, result_id, name))

    async def models(self) -> Mapping[str, Any]:
        """See `Client.models`."""
        return await self._run(result_calls.told(self._core, "/models"))

    async def version(self) -> Mapping[str, Any]:
        """See `Client.version`."""
        return await self._run(result_calls.told(self._core, "/version"))

    async def health(self) -> Health:
        """See `Client.health`."""
        return await self._run(result_calls.health(self._core))

    async def _run(self, steps: Steps[_T]) -> _T:
        async with _Conversation(self._http, self._settings) as conversation:
            reply = None
            while True:
                try:
                    step = steps.send(reply)
                except StopIteration as end:
                    return cast("_T", end.value)
                reply = await conversation.perform(step)

    async def _each(self, steps: Steps[None]) -> AsyncGenerator[Any, None]:
        async with _Conversation(self._http, self._settings) as conversation:
            with contextlib.closing(steps):
                reply = None
                while True:
                    try:
                        step = steps.send(reply)
                    except StopIteration:
                        return
                    if isinstance(step, Give):
                        yield step.item
                        reply = None
                    else:
                        reply = await conversation.perform(step)


class _Conversation:
    """Performs steps, with at most one answer that is being read."""

    def __init__(self, http: httpx2.AsyncClient, settings: Settings) -> None:
        self._http = http
        self._settings = settings
        self._stream = contextlib.AsyncExitStack()
        self._chunks: AsyncIterator[bytes] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stream.aclose()

    async def perform(self, step: Step) -> Reply | Broken | bytes | None:
        if isinstance(step, Pause):
            await anyio.sleep(step.seconds)
            return None
        try:
            if isinstance(step, Send):
                return await self._send(step)
            if isinstance(step, Open):
                return await self._open(step)
            return None if self._chunks is None else await anext(self._chunks, None)
        except httpx2.RequestError as error:
            return broken(error)

    async def _send(self, step: Send) -> Reply:
        with contextlib.ExitStack() as files:
            upload = step.request.upload
            file = None if upload is None else files.enter_context(opened_upload(upload))
            arguments = self._settings.arguments(step.request, file)
            if "content" in arguments:
                arguments["content"] = pieces_of(arguments["content"])
            response = await self._http.request(**arguments)
            return reply_of(response, response.content)

    async def _open(self, step: Open) -> Reply:
        await self._stream.aclose()
        arguments = self._settings.arguments(step.request, None)
        response = await self._stream.enter_async_context(self._http.stream(**arguments))
        if not response.is_success:
            return reply_of(response, await response.aread())
        self._chunks = response.aiter_bytes()
        return reply_of(response, b"")
