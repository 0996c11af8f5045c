"""Batches: many pictures handed in at once, their progress and their results."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003 - FastAPI reads it

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from studio_detector.service.api import export, requested, schemas
from studio_detector.service.api.answers import json_answer, no_content
from studio_detector.service.api.arrivals import begun, taken_in
from studio_detector.service.api.bodies import (
    expected_bytes,
    media_type,
    on_disk,
    read_body,
    read_form,
    spool_body,
)
from studio_detector.service.api.described import binary_body, json_body, problems
from studio_detector.service.api.events import batch_events, described_events, event_answer
from studio_detector.service.api.parameters import IDEMPOTENCY_KEY, WISHES, form_schema
from studio_detector.service.api.pieces import pieces_of
from studio_detector.service.api.serialise import batch_json
from studio_detector.service.api.taking import (
    JSON,
    MULTIPART,
    OCTETS,
    query_fields,
    unsupported,
)
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call, streamed
from studio_detector.service.api.waiting import idempotency_key
from studio_detector.service.api.wishes import model_of_json, wishes_of
from studio_detector.service.intake.archive import HEAD_BYTES, runs_forwards
from studio_detector.service.intake.wishes import NamedAddress

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from studio_detector.service.api.room import Room
    from studio_detector.service.intake.arriving import Arriving
    from studio_detector.service.intake.wishes import Wishes
    from studio_detector.service.records import Batch

_MOST_JSON_BYTES = 32 * 1024 * 1024
_ARCHIVES = (
    "application/zip",
    "application/x-zip-compressed",
    "application/x-tar",
    "application/gzip",
    "application/x-gzip",
    "application/zstd",
    "application/x-compressed-tar",
)
_EXPECTED = (
    f"{JSON} with 'image_urls', or a zip or tar as {MULTIPART} in the field 'file', or as "
    "application/zip, application/x-tar or application/gzip"
)

Format = Annotated[
    requested.ResultFormat,
    Query(
        alias="format",
        description="`jsonl`: everything, one photo a line; `csv`, `parquet`: a table.",
    ),
]


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/batches", tags=["batches"])
    store, threads = room.parts.store, room.threads

    @routes.post(
        "",
        summary="Hand in many pictures",
        description="Addresses as JSON, or an archive (zip, tar, tar.gz). A member that is no "
        "picture after all, or an address that may not be fetched, is a dead job of the batch.",
        status_code=202,
        response_model=schemas.Batch,
        responses={
            202: {
                "description": "The batch",
                "headers": {
                    "Location": {
                        "description": "Address of the batch.",
                        "schema": {"type": "string"},
                    }
                },
            },
            **problems(
                "unknown_variant",
                "limit_file_size",
                "body_unsupported",
                "idempotency_conflict",
                "fetch_refused",
                "backlog_full",
                "uploads_full",
                "request_timeout",
                "draining",
                "storage_unavailable",
                "storage_full",
            ),
        },
        openapi_extra={
            "parameters": [IDEMPOTENCY_KEY, *WISHES],
            "requestBody": {
                "required": True,
                "content": {
                    JSON: json_body(requested.BatchRequest),
                    MULTIPART: {"schema": form_schema("A zip or tar.")},
                    **{kind: binary_body() for kind in (*_ARCHIVES, OCTETS)},
                },
            },
        },
    )
    async def create(request: Request, tenant: Tenant) -> Response:
        room.check_open()
        key = idempotency_key(request)
        is_json = media_type(request) == JSON
        most_bytes = _most_bytes(room, is_json=is_json)
        size = expected_bytes(request, most_bytes)
        async with room.uploads.admitted(tenant, size, in_memory=is_json):
            batch = await _accepted(room, request, most_bytes, tenant, key)
        where = {"Location": f"/api/v1/batches/{batch.id}"}
        return json_answer(batch_json(batch), 202, where)

    @routes.get(
        "/{batch_id}",
        summary="Look at the progress of a batch",
        response_model=schemas.Batch,
        responses=problems("batch_unknown"),
    )
    async def batch(tenant: Tenant, batch_id: UUID) -> Response:
        return json_answer(
            batch_json(await call(threads.reads, store.batches.get, tenant, batch_id))
        )

    @routes.get(
        "/{batch_id}/events",
        summary="Follow a batch by server-sent events",
        response_class=Response,
        responses={**described_events("batch"), **problems("batch_unknown")},
    )
    async def events(tenant: Tenant, batch_id: UUID) -> Response:
        first = await call(threads.reads, store.batches.get, tenant, batch_id)
        return event_answer(batch_events(room, first))

    @routes.get(
        "/{batch_id}/results",
        summary="Fetch what became of each photo",
        description="In the order of the batch; photos that are not done yet have no verdict.",
        response_class=Response,
        responses={
            200: {
                "description": "The file, sent as it is made",
                "content": {
                    kind.partition(";")[0]: {"schema": {"type": "string"}}
                    for kind, _ in export.KINDS.values()
                },
            },
            **problems("batch_unknown"),
        },
    )
    async def results(tenant: Tenant, batch_id: UUID, kind: Format = "jsonl") -> Response:
        rows = await call(threads.reads, store.batches.results, tenant, batch_id)
        media, ending = export.KINDS[kind]
        return StreamingResponse(
            streamed(threads.streams, export.batch_pieces(rows, kind)),
            headers={"Content-Disposition": f'attachment; filename="batch-{batch_id}.{ending}"'},
            media_type=media,
        )

    @routes.delete(
        "/{batch_id}",
        summary="Throw away a batch that is over, and its jobs",
        description="Results stay. Jobs that wait or run must be called off before.",
        status_code=204,
        response_class=Response,
        responses=problems("batch_unknown", "state_conflict"),
    )
    async def remove(tenant: Tenant, batch_id: UUID) -> Response:
        await call(threads.archives, store.batches.delete, tenant, batch_id)
        return no_content()

    return routes


async def _accepted(
    room: Room, request: Request, most_bytes: int, tenant: str, key: str | None
) -> Batch:
    """Read the request and accept it."""
    kind = media_type(request)
    if kind != OCTETS and kind not in _ARCHIVES:
        take = await _what(room, kind, request, most_bytes)
        return await call(room.threads.archives, _batch, room, take, tenant, key)
    wishes = wishes_of(query_fields(request))
    body = await begun(pieces_of(request, most_bytes, room.pace), HEAD_BYTES)

    def take_in(file: BinaryIO | Arriving) -> Batch:
        return _batch(room, lambda *whose: _archive(room, file, wishes, *whose), tenant, key)

    if runs_forwards(body.head) and not room.arrivals.locked():
        async with room.arrivals:
            # A repeated request is neither refused nor charged, and which it is, its end tells.
            if await call(room.threads.reads, room.parts.intake.is_new, tenant, key):
                return await taken_in(
                    body.pieces, room.threads.arrivals, take_in, is_hashed=key is not None
                )
    file = await spool_body(body.pieces, room.parts.scratch)
    return await call(room.threads.archives, take_in, file)


def _batch(
    room: Room, take: Callable[[str, str | None], UUID], tenant: str, key: str | None
) -> Batch:
    return room.parts.store.batches.get(tenant, take(tenant, key))


def _most_bytes(room: Room, *, is_json: bool) -> int:
    most_bytes = room.parts.settings.max_batch_upload_bytes
    return min(most_bytes, _MOST_JSON_BYTES) if is_json else most_bytes


async def _what(
    room: Room, kind: str, request: Request, most_bytes: int
) -> Callable[[str, str | None], UUID]:
    """Read a request with addresses or a form; what comes back accepts it, in a thread."""
    query = query_fields(request)
    if kind == JSON:
        body = await read_body(request, most_bytes, room.pace)
        # Thousands of addresses take long enough to hold up others.
        return await call(room.threads.archives, _addresses, room, body, query)
    if kind == MULTIPART:
        form = await read_form(request, most_bytes, room.pace, room.parts.scratch)
        try:
            wishes = wishes_of(query, form=form.fields)
        except BaseException:
            form.file.close()
            raise
        return lambda tenant, key: _archive(room, form.file, wishes, tenant, key)
    raise unsupported(kind, _EXPECTED)


def _addresses(
    room: Room, body: bytes, query: dict[str, list[str]]
) -> Callable[[str, str | None], UUID]:
    sent = model_of_json(requested.BatchRequest, body, place="body")
    items = [
        NamedAddress(url=item)
        if isinstance(item, str)
        else NamedAddress(url=item.url, name=item.name)
        for item in sent.image_urls
    ]
    wishes = wishes_of(query, sent=sent)
    return lambda tenant, key: room.parts.intake.addresses(
        items, wishes, tenant=tenant, idempotency_key=key
    )


def _archive(
    room: Room, file: BinaryIO | Arriving, wishes: Wishes, tenant: str, key: str | None
) -> UUID:
    # What the store and the place for pictures meet has codes of its own.
    with on_disk(), contextlib.closing(file):
        return room.parts.intake.archive(file, wishes, tenant=tenant, idempotency_key=key)
