"""The client that blocks."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import httpx2

from studio_detector.client import batch_calls, job_calls, result_calls
from studio_detector.client.exchange import RetryPolicy
from studio_detector.client.sources import opened_upload
from studio_detector.client.steps import Give, Open, Pause, Send
from studio_detector.client.transport import DEFAULT_URL, Settings, broken, reply_of
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping
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


class Client:
    """Talks to a service; may be used by several threads at once.

    ::

        with Client("http://127.0.0.1:8000") as client:
            result = client.analyse("portrait.jpg")
            result.is_studio, result.confidence, result.label

    Requests that failed for a passing reason are sent again; keys that the service knows them
    by make that safe. Every method raises `RemoteError` with the code of the service.

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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        if api_key is not None and signer is not None:
            raise ConfigError(
                "there are an api_key and a signer; give one of them", code="config_invalid_value"
            )
        self._settings = Settings.of(
            base_url, api_key=api_key, timeout_s=timeout_s, retries=retries or RetryPolicy()
        )
        self._core = self._settings.core
        self._http = httpx2.Client(transport=transport, auth=signer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def analyse(
        self,
        source: Source,
        *,
        wait_s: float = _PATIENCE_S,
        progress: Callable[[Job], None] | None = None,
        **wishes: Unpack[Wishes],
    ) -> Result:
        """Have a picture analysed and wait for its result.

        Args:
            source: The picture: a path, bytes, a file opened in binary mode, or an address as
                text (``https://...``), which the service fetches.
            wait_s: Seconds to wait.
            progress: Called with the job at first and whenever its state has changed.
            **wishes: See `Wishes`.

        Raises:
            UnreadableError: If the file cannot be read here.
            JobPendingError: If it takes longer than ``wait_s``; the job goes on.
            RemoteError: With the code of the job, for instance ``corrupt``, if it fails.
        """
        return self._run(
            job_calls.analyse(self._core, source, wishes, wait_s=wait_s, progress=progress)
        )

    def submit(self, source: Source, **wishes: Unpack[Wishes]) -> Job:
        """Hand a picture in and go on at once; the arguments are those of `analyse`."""
        return self._run(job_calls.submit(self._core, source, wishes))

    def job(self, job_id: UUID | str, *, wait_s: float = 0.0) -> Job:
        """Look at a job; with ``wait_s``, as soon as it is over, if the service can wait."""
        return self._run(job_calls.job(self._core, job_id, wait_s=wait_s))

    def wait(
        self,
        job_id: UUID | str,
        *,
        wait_s: float = _PATIENCE_S,
        progress: Callable[[Job], None] | None = None,
    ) -> Job:
        """Wait until a job is over.

        Args:
            job_id: The job.
            wait_s: Seconds to wait.
            progress: Called with the job at first and whenever its state has changed.

        Raises:
            JobPendingError: If it takes longer.
        """
        return self._run(job_calls.wait(self._core, job_id, wait_s=wait_s, progress=progress))

    def jobs(
        self, *, state: JobState | None = None, batch_id: UUID | str | None = None
    ) -> Iterator[Job]:
        """Give the jobs, the newest first: all, of a state, of a batch."""
        filters = {"state": state, "batch_id": None if batch_id is None else str(batch_id)}
        given = {name: value for name, value in filters.items() if value is not None}
        return self._each(job_calls.jobs(self._core, given))

    def cancel(self, job_id: UUID | str, *, erase: bool = False) -> None:
        """Cancel a job that waits or runs.

        Args:
            job_id: The job.
            erase: What becomes of one that is over, perhaps since a moment ago: it is erased
                with its result and everything else that belongs to it, which needs a key with
                the scope ``erase``. False leaves it as it is.

        Raises:
            RemoteError: ``job_unknown``; ``forbidden`` if it is over and the key may not erase.
        """
        self._run(job_calls.cancel(self._core, job_id, erase=erase))

    def retry(self, job_id: UUID | str) -> Job:
        """Try a job anew that is dead or cancelled."""
        return self._run(job_calls.retry(self._core, job_id))

    def batch(
        self, pictures: Iterable[str] | str | os.PathLike[str], **wishes: Unpack[Wishes]
    ) -> Batch:
        """Hand many pictures in.

        Args:
            pictures: Addresses, or the path of an archive (zip or tar).
            **wishes: See `Wishes`.
        """
        return self._run(batch_calls.batch(self._core, pictures, wishes))

    def batch_status(self, batch_id: UUID | str) -> Batch:
        """Look at a batch."""
        return self._run(batch_calls.batch_status(self._core, batch_id))

    def batch_progress(self, batch_id: UUID | str) -> Iterator[Batch]:
        """Give the batch whenever something has changed, until it is over."""
        return self._each(batch_calls.progress(self._core, batch_id))

    def batch_results(self, batch_id: UUID | str) -> Iterator[BatchRow]:
        """Give what became of each photo, in the order of the batch."""
        return self._each(batch_calls.batch_rows(self._core, batch_id))

    def result(self, result_id: UUID | str) -> Result:
        """Look at a result."""
        return self._run(result_calls.result(self._core, result_id))

    def results(self, **only: Unpack[ResultFilter]) -> Iterator[Result]:
        """Give the results that fit, the newest first; see `ResultFilter`."""
        return self._each(result_calls.results(self._core, only))

    def similar(self, image_hash: str) -> tuple[Similar, ...]:
        """Find results of pictures that look like one that was analysed.

        Args:
            image_hash: SHA-256 of that picture, in hex.
        """
        return self._run(result_calls.similar(self._core, image_hash))

    def feedback(self, result_id: UUID | str, label: Label, note: str | None = None) -> Feedback:
        """Tell what a picture really is, so that models can learn from it."""
        return self._run(result_calls.feedback(self._core, result_id, label, note))

    def report(self, result_id: UUID | str) -> str:
        """The page that explains a result, as HTML."""
        return self._run(result_calls.report(self._core, result_id))

    def overlay(self, result_id: UUID | str, name: str) -> bytes:
        """The picture with one kind of evidence drawn into it, as PNG."""
        return self._run(result_calls.overlay(self._core, result_id, name))

    def models(self) -> Mapping[str, Any]:
        """The models and variants of the service."""
        return self._run(result_calls.told(self._core, "/models"))

    def version(self) -> Mapping[str, Any]:
        """The versions of the service."""
        return self._run(result_calls.told(self._core, "/version"))

    def health(self) -> Health:
        """How the service is; that it is not ready is no error."""
        return self._run(result_calls.health(self._core))

    def _run(self, steps: Steps[_T]) -> _T:
        with _Conversation(self._http, self._settings) as conversation:
            reply = None
            while True:
                try:
                    step = steps.send(reply)
                except StopIteration as end:
                    return cast("_T", end.value)
                reply = conversation.perform(step)

    def _each(self, steps: Steps[None]) -> Iterator[Any]:
        with _Conversation(self._http, self._settings) as conversation, contextlib.closing(steps):
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
                    reply = conversation.perform(step)


class _Conversation:
    """Performs steps, with at most one answer that is being read."""

    def __init__(self, http: httpx2.Client, settings: Settings) -> None:
        self._http = http
        self._settings = settings
        self._stream = contextlib.ExitStack()
        self._chunks: Iterator[bytes] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()

    def perform(self, step: Step) -> Reply | Broken | bytes | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            if isinstance(step, Send):
                return self._send(step)
            if isinstance(step, Open):
                return self._open(step)
            return next(self._chunks, None)
        except httpx2.RequestError as error:
            return broken(error)

    def _send(self, step: Send) -> Reply:
        with contextlib.ExitStack() as files:
            upload = step.request.upload
            file = None if upload is None else files.enter_context(opened_upload(upload))
            response = self._http.request(**self._settings.arguments(step.request, file))
            return reply_of(response, response.content)

    def _open(self, step: Open) -> Reply:
        self._stream.close()
        arguments = self._settings.arguments(step.request, None)
        response = self._stream.enter_context(self._http.stream(**arguments))
        if not response.is_success:
            return reply_of(response, response.read())
        self._chunks = response.iter_bytes()
        return reply_of(response, b"")
