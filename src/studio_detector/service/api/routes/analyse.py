"""``POST /analyse``: a picture, or its address, becomes a job and maybe at once a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from studio_detector.service.api import requested, schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.bodies import (
    MOST_JSON_BYTES,
    expected_bytes,
    media_type,
    read_body,
    read_form,
    read_upload,
    spool_body,
)
from studio_detector.service.api.described import binary_body, json_body, problems
from studio_detector.service.api.parameters import (
    IDEMPOTENCY_KEY,
    PREFER,
    WAIT,
    WISHES,
    form_schema,
)
from studio_detector.service.api.pieces import pieces_of
from studio_detector.service.api.problems import problem
from studio_detector.service.api.serialise import answer_json, job_json
from studio_detector.service.api.taking import (
    JSON,
    MULTIPART,
    OCTETS,
    query_fields,
    unsupported,
)
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.api.uploads import IN_MEMORY_BYTES
from studio_detector.service.api.waiting import applied, idempotency_key, wait_of
from studio_detector.service.api.wishes import model_of_json, wishes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from studio_detector.service.api.room import Room
    from studio_detector.service.intake.wishes import Wishes
    from studio_detector.service.records import Job, Result

_EXPECTED = (
    f"{MULTIPART} with the field 'file', a picture as image/* or {OCTETS}, or {JSON} with "
    "'image_url'"
)
#: Why a job that was waited for can be dead; every code becomes the status it stands for.
ENDS = (
    "unknown_variant",
    "cancelled",
    "picture_gone",
    "limit_file_size",
    "limit_pixels",
    "limit_side",
    "limit_aspect",
    "limit_frames",
    "limit_memory",
    "unsupported_format",
    "unsupported_variant",
    "truncated",
    "corrupt",
    "timeout",
    "memory",
    "crashed",
    "fetch_refused",
    "analysis_failed",
    "attempts_exhausted",
    "master_key_missing",
    "missing_extra",
    "fetch_failed",
    "fetch_timeout",
)
_DESCRIPTION = """Takes a picture as a form, as it is, or by its address.

Without `wait` the answer is the job, which is accepted and will not be lost. With `?wait=SECONDS`
or `Prefer: wait=SECONDS` the answer is the result as soon as there is one (200), the job if the
time is up before (202), or a problem with the code of a job that is dead."""


def router(room: Room) -> APIRouter:
    """The route.

    Args:
        room: What it uses.
    """
    routes = APIRouter(tags=["analyse"])
    settings = room.parts.settings

    @routes.post(
        "/analyse",
        summary="Analyse a picture",
        description=_DESCRIPTION,
        status_code=202,
        response_model=schemas.Job,
        responses={
            200: {"model": schemas.FinishedResult, "description": "The result, waited for"},
            202: {
                "description": "The job",
                "headers": {
                    "Location": {
                        "description": "Address of the job.",
                        "schema": {"type": "string"},
                    }
                },
            },
            **problems(
                *ENDS,
                "body_unsupported",
                "empty",
                "idempotency_conflict",
                "backlog_full",
                "uploads_full",
                "request_timeout",
                "draining",
                "storage_unavailable",
                "storage_full",
            ),
        },
        openapi_extra={
            "parameters": [WAIT, PREFER, IDEMPOTENCY_KEY, *WISHES],
            "requestBody": {
                "required": True,
                "content": {
                    MULTIPART: {"schema": form_schema("A picture.")},
                    JSON: json_body(requested.AnalyseRequest),
                    "image/*": binary_body(),
                    OCTETS: binary_body(),
                },
            },
        },
    )
    async def analyse(request: Request, tenant: Tenant) -> Response:
        room.check_open()
        wait_s = wait_of(request, settings.max_wait_s)
        job, result = await _taken_in(room, request, tenant, wants_result=wait_s is not None)
        if wait_s and not job.is_over:
            job = await room.wait_for_job(tenant, job.id, wait_s, known=job)
            if job.state == "done":
                result = job.result or await call(room.threads.reads, result_of, room, job)
        return _answer(job, result, applied(request, wait_s), is_waited=wait_s is not None)

    return routes


async def _taken_in(
    room: Room, request: Request, tenant: str, *, wants_result: bool
) -> tuple[Job, Result | None]:
    """Read the request and accept it; whoever waits for the job holds none of its bytes."""
    key = idempotency_key(request)
    size = 0
    if media_type(request) != JSON:
        size = expected_bytes(request, room.parts.settings.max_upload_bytes)
    async with room.uploads.admitted(tenant, size):
        is_small = size <= IN_MEMORY_BYTES
        take = await _what(room, request, is_small=is_small)
        threads = room.threads.intake if is_small else room.threads.large
        return await call(threads, _accepted, room, take, tenant, key, wants_result)


def result_of(room: Room, job: Job) -> Result | None:
    """The result of a job that is done; None if there is none. Blocks."""
    if job.result_id is None:
        return None
    return room.parts.store.results.get(job.tenant, job.result_id)


def dead_problem(job: Job) -> Response:
    """The problem document of a job that was waited for and has no result."""
    code = job.error_code or ("cancelled" if job.state == "cancelled" else "internal")
    detail = job.error_message or f"the job {job.id} is {job.state}"
    return problem(code, detail, extra={"job_id": str(job.id)})


def location(job: Job) -> str:
    """The address of a job."""
    return f"/api/v1/jobs/{job.id}"


def _accepted(
    room: Room,
    take: Callable[[str, str | None], Job],
    tenant: str,
    key: str | None,
    wants_result: bool,  # noqa: FBT001 - handed over by position to a thread
) -> tuple[Job, Result | None]:
    job = take(tenant, key)
    # In the same thread, since what was seen before is answered from here at once.
    result = result_of(room, job) if wants_result and job.state == "done" else None
    return job, result


def _answer(
    job: Job, result: Result | None, headers: Mapping[str, str], *, is_waited: bool
) -> Response:
    where = {"Location": location(job), **headers}
    if result is not None:
        return json_answer(answer_json(job, result), 200, where)
    if is_waited and job.state in {"dead", "cancelled"}:
        return dead_problem(job)
    return json_answer(job_json(job), 202, where)


async def _what(
    room: Room, request: Request, *, is_small: bool
) -> Callable[[str, str | None], Job]:
    """Read the request; what comes back accepts it, in a thread."""
    intake, most_bytes = room.parts.intake, room.parts.settings.max_upload_bytes
    kind = media_type(request)
    query = query_fields(request, "wait")
    if kind == JSON:
        sent = model_of_json(
            requested.AnalyseRequest,
            await read_body(request, MOST_JSON_BYTES, room.pace),
            place="body",
        )
        wishes = wishes_of(query, sent=sent)
        return lambda tenant, key: intake.address(
            sent.image_url, wishes, tenant=tenant, idempotency_key=key
        )
    if kind == MULTIPART:
        form = await read_form(request, most_bytes, room.pace, room.parts.scratch)
        try:
            wishes = wishes_of(query, form=form.fields)
        except BaseException:
            form.file.close()
            raise
        return lambda tenant, key: _upload(room, form.file, wishes, tenant, key)
    if kind == OCTETS or kind.startswith("image/"):
        wishes = wishes_of(query)
        if not is_small:
            pieces = pieces_of(request, most_bytes, room.pace)
            file = await spool_body(pieces, room.parts.scratch)
            return lambda tenant, key: _upload(room, file, wishes, tenant, key)
        data = await read_body(request, most_bytes, room.pace)
        return lambda tenant, key: intake.picture(data, wishes, tenant=tenant, idempotency_key=key)
    raise unsupported(kind, _EXPECTED)


def _upload(room: Room, file: BinaryIO, wishes: Wishes, tenant: str, key: str | None) -> Job:
    data = read_upload(file)
    return room.parts.intake.picture(data, wishes, tenant=tenant, idempotency_key=key)
