"""The calls about batches."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from studio_detector.client.answers import Batch, BatchRow
from studio_detector.client.errors import RemoteError, misunderstood, unreachable
from studio_detector.client.exchange import exchange, json_of, opened
from studio_detector.client.job_calls import key_header
from studio_detector.client.lines import Events, Lines
from studio_detector.client.sources import upload_of
from studio_detector.client.steps import Broken, Give, Open, Pause, ReadChunk, Reply, Request
from studio_detector.client.wishes import as_form, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from studio_detector.client.exchange import Core
    from studio_detector.client.steps import Steps
    from studio_detector.client.wishes import Wishes

# A service sends a sign of life every 15 s or so; this long without one, it is asked.
_SILENCE_S = 30.0
# Streams that broke in a row before asking now and then is good enough.
_STREAMS = 3
_FIRST_LOOK_S = 0.2
_MOST_LOOK_S = 5.0
# Addresses of requests, with all that stands in them, are written down on the way.
_PRIVATE = frozenset({"callback_url", "subject"})


def batch(
    core: Core, pictures: Iterable[str] | str | os.PathLike[str], wishes: Wishes
) -> Steps[Batch]:
    """Hand many pictures in: addresses, or the path of an archive."""
    sent: dict[str, Any]
    if isinstance(pictures, str | os.PathLike):
        sent = _archive(pictures, wishes)
    else:
        sent = {"json": {"image_urls": list(pictures), **as_json(wishes)}}
    request = Request(method="POST", path="/batches", headers=key_header(core, wishes), **sent)
    reply = yield from exchange(core, request)
    return Batch.of(json_of(reply))


def _archive(path: str | os.PathLike[str], wishes: Wishes) -> dict[str, Any]:
    """How an archive is sent: as it is, if it may, which the service takes in while it comes."""
    upload = upload_of(path)
    if _PRIVATE & wishes.keys():
        return {"upload": upload, "form": as_form(wishes)}
    return {"upload": upload, "is_bare": True, "params": as_form(wishes)}


def batch_status(core: Core, batch_id: UUID | str) -> Steps[Batch]:
    """Look at a batch."""
    reply = yield from exchange(core, Request(method="GET", path=f"/batches/{batch_id}"))
    return Batch.of(json_of(reply))


def progress(core: Core, batch_id: UUID | str) -> Steps[None]:
    """Give the batch each time something has changed, until it is over.

    The service tells by server-sent events; where these do not get through, it is asked.
    """
    last: Batch | None = None
    streams = 0
    look_s = _FIRST_LOOK_S
    while True:
        seen = yield from batch_status(core, batch_id)
        if last is None or seen.counts != last.counts or seen.is_over:
            yield Give(seen)
            look_s = _FIRST_LOOK_S
        last = seen
        if last.is_over:
            return
        if streams < _STREAMS:
            told = yield from _streamed(batch_id, last)
            # A stream that told something was worth its while, however it ended.
            streams = streams + 1 if told == last else 0
            last = told
            if last.is_over:
                return
        yield Pause(look_s * (0.5 + 0.5 * core.chance()))
        look_s = min(_MOST_LOOK_S, look_s * 1.5)


def batch_rows(core: Core, batch_id: UUID | str) -> Steps[None]:
    """Give what became of each photo, in the order of the batch.

    An answer that breaks off is asked for again and goes on where it stopped.
    """
    request = Request(
        method="GET",
        path=f"/batches/{batch_id}/results",
        params={"format": "jsonl"},
        headers={"accept": "application/x-ndjson"},
    )
    given = 0
    failures = 0
    while True:
        yield from opened(core, request)
        before = given
        lines, seen = Lines(), 0
        while isinstance(chunk := (yield ReadChunk()), bytes):
            for line in lines.take(chunk):
                seen += 1
                if seen > given:
                    yield Give(BatchRow.of(_object(line)))
                    given = seen
        if chunk is None:
            if lines.rest:  # the last line feed may be missing
                yield Give(BatchRow.of(_object(lines.rest)))
            return
        failures = 1 if given > before else failures + 1
        error = unreachable(core.origin, chunk.reason)
        pause_s = core.policy.pause_s(failures, None, core.chance())
        if pause_s is None:
            raise error
        yield Pause(pause_s)


def _streamed(batch_id: UUID | str, last: Batch) -> Steps[Batch]:
    """Give what the events tell until they end; come to the batch as last seen."""
    reply: Reply | Broken = yield Open(
        Request(
            method="GET",
            path=f"/batches/{batch_id}/events",
            headers={"accept": "text/event-stream"},
            answers_within_s=_SILENCE_S,
        )
    )
    if isinstance(reply, Broken) or not reply.is_success:
        return last
    if not reply.headers.get("content-type", "").startswith("text/event-stream"):
        return last
    events = Events()
    while isinstance(chunk := (yield ReadChunk()), bytes):
        for data in events.take(chunk):
            seen = _batch_of(data)
            if seen is not None and seen != last:
                last = seen
                yield Give(last)
                if last.is_over:
                    return last
    return last


def _batch_of(data: bytes) -> Batch | None:
    """The batch an event tells of; None for events of other kinds."""
    try:
        return Batch.of(json.loads(data))
    except (ValueError, RemoteError):
        return None


def _object(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        raise misunderstood("has a line that is no JSON") from error
