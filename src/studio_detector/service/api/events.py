"""Server-sent events (HTML standard, 9.2): what changes, as it changes, until it is over.

Written here, and not taken from a package: the one at hand replaces uvicorn's handling of
signals when it is imported, and what is needed are two kinds of lines.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from studio_detector.errors import StudioDetectorError
from studio_detector.service.api.serialise import batch_json, job_json, json_bytes
from studio_detector.service.api.threads import call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from studio_detector.service.api.described import Responses
    from studio_detector.service.api.room import Room
    from studio_detector.service.records import Batch, Job

_MEDIA_TYPE = "text/event-stream"
# Proxies and clients hang up on who is silent for long.
_SIGN_S = 15.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0
_PAUSE_GROWS = 1.5
_SIGN = b": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event_answer(pieces: AsyncIterator[bytes]) -> StreamingResponse:
    """An answer that tells events until they end.

    Args:
        pieces: Events and signs of life.
    """
    return StreamingResponse(pieces, headers=_HEADERS, media_type=_MEDIA_TYPE)


def described_events(what: str) -> Responses:
    """The answer in the OpenAPI document.

    Args:
        what: What each event tells: "job" or "batch".
    """
    return {
        200: {
            "description": f"Each event `{what}` has the {what} as JSON; after the last one, "
            f"when the {what} is over, the stream ends. Comments are signs of life.",
            "content": {
                _MEDIA_TYPE: {
                    "schema": {
                        "type": "object",
                        "description": "One event.",
                        "properties": {
                            "event": {"enum": [what, "problem"]},
                            "data": {
                                "type": "string",
                                "contentMediaType": "application/json",
                                "contentSchema": {
                                    "$ref": f"#/components/schemas/{what.capitalize()}"
                                },
                            },
                        },
                    }
                }
            },
        }
    }


async def job_events(room: Room, first: Job) -> AsyncIterator[bytes]:
    """A job each time its state or tries have changed, until it is over.

    Args:
        room: What it uses.
        first: The job as it is now.
    """
    job, told = first, None
    pace = _Pace()
    while True:
        if told is None or (job.state, job.attempts) != (told.state, told.attempts):
            told = job
            yield event("job", job_json(job))
            pace.begin()
        elif pace.is_silent:
            yield _SIGN
            pace.spoken()
        if job.is_over or room.stopping.is_set():
            return
        # Woken at once by the end, and by a look now and then for what comes before it.
        try:
            job = await room.wait_for_job(job.tenant, job.id, pace.pause_s())
        except StudioDetectorError as error:
            yield _failure(error)
            return


async def batch_events(room: Room, first: Batch) -> AsyncIterator[bytes]:
    """A batch each time its progress has changed, until it is over.

    Args:
        room: What it uses.
        first: The batch as it is now.
    """
    batch, told = first, None
    pace = _Pace()
    while True:
        if told is None or (batch.counts, batch.finished_at) != (told.counts, told.finished_at):
            told = batch
            yield event("batch", batch_json(batch))
            pace.begin()
        elif pace.is_silent:
            yield _SIGN
            pace.spoken()
        if batch.finished_at is not None or room.stopping.is_set():
            return
        await room.sleep(pace.pause_s())
        try:
            batch = await call(
                room.threads.reads, room.parts.store.batches.get, batch.tenant, batch.id
            )
        except StudioDetectorError as error:
            yield _failure(error)
            return


def event(kind: str, data: object) -> bytes:
    """One event.

    Args:
        kind: Its name.
        data: Plain data; JSON has no line end, so one line will do.
    """
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), json_bytes(data))


def _failure(error: StudioDetectorError) -> bytes:
    told: dict[str, Any] = {"code": error.code, "detail": error.message}
    return event("problem", told)


class _Pace:
    """How long to wait before the next look, and when a sign of life is due."""

    def __init__(self) -> None:
        self._pause_s = _FIRST_PAUSE_S
        self._spoke_at = time.monotonic()

    @property
    def is_silent(self) -> bool:
        return time.monotonic() - self._spoke_at >= _SIGN_S

    def begin(self) -> None:
        self._pause_s = _FIRST_PAUSE_S
        self.spoken()

    def spoken(self) -> None:
        self._spoke_at = time.monotonic()

    def pause_s(self) -> float:
        pause_s = self._pause_s
        self._pause_s = min(_LONGEST_PAUSE_S, pause_s * _PAUSE_GROWS)
        return pause_s
