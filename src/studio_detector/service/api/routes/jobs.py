"""Jobs: looked at, waited for, listed, tried again, called off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003 - FastAPI reads it

from fastapi import APIRouter, Query, Request, Response

from studio_detector.errors import AccessError, RequestError
from studio_detector.service.access.roles import Scope
from studio_detector.service.api import requested, schemas
from studio_detector.service.api.answers import json_answer, no_content
from studio_detector.service.api.bodies import MOST_JSON_BYTES, read_body
from studio_detector.service.api.described import problems
from studio_detector.service.api.events import described_events, event_answer, job_events
from studio_detector.service.api.parameters import PREFER, WAIT
from studio_detector.service.api.serialise import job_json, jobs_page
from studio_detector.service.api.tenant import Asker, Tenant  # noqa: TC001 - FastAPI reads them
from studio_detector.service.api.threads import call
from studio_detector.service.api.waiting import applied, wait_of

if TYPE_CHECKING:
    from studio_detector.service.access.principal import Principal
    from studio_detector.service.api.room import Room
    from studio_detector.service.records import Job, Result


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(prefix="/jobs", tags=["jobs"])
    store, threads = room.parts.store, room.threads
    settings = room.parts.settings

    @routes.get(
        "",
        summary="List jobs, the newest first",
        response_model=schemas.JobPage,
        responses=problems(),
    )
    async def list_jobs(tenant: Tenant, query: Annotated[requested.JobQuery, Query()]) -> Response:
        page = await call(
            threads.reads,
            store.jobs.find,
            tenant,
            query.state,
            query.batch_id,
            query.cursor,
            query.limit,
        )
        return json_answer(jobs_page(page))

    @routes.get(
        "/{job_id}",
        summary="Look at a job, or wait for its end",
        description="With `?wait=SECONDS` or `Prefer: wait=SECONDS` the answer comes when the "
        "job is over or the time is up; `result` is there once it is done.",
        response_model=schemas.Job,
        responses=problems("job_unknown"),
        openapi_extra={"parameters": [WAIT, PREFER]},
    )
    async def job(request: Request, tenant: Tenant, job_id: UUID) -> Response:
        wait_s = wait_of(request, settings.max_wait_s)
        found, result = await call(threads.reads, _with_result, room, tenant, job_id)
        if wait_s and not found.is_over:
            await room.wait_for_job(tenant, job_id, wait_s)
            found, result = await call(threads.reads, _with_result, room, tenant, job_id)
        return json_answer(job_json(found, result), headers=applied(request, wait_s))

    @routes.get(
        "/{job_id}/events",
        summary="Follow a job by server-sent events",
        responses={**described_events("job"), **problems("job_unknown")},
        response_class=Response,
    )
    async def events(tenant: Tenant, job_id: UUID) -> Response:
        first = await call(threads.reads, store.jobs.get, tenant, job_id)
        return event_answer(job_events(room, first))

    @routes.post(
        "/{job_id}/retry",
        summary="Try a dead or cancelled job again",
        response_model=schemas.Job,
        responses=problems(
            "job_unknown", "state_conflict", "draining", "limit_file_size", "request_timeout"
        ),
    )
    async def retry(request: Request, tenant: Tenant, job_id: UUID) -> Response:
        room.check_open()
        # There is nothing to say; what is said nevertheless is bounded like all else.
        await read_body(request, MOST_JSON_BYTES, room.pace)
        return json_answer(job_json(await call(threads.intake, _again, room, tenant, job_id)))

    @routes.delete(
        "/{job_id}",
        summary="Call a job off, or erase one that is over",
        description="A job that waits or runs becomes `cancelled`. One that is over is erased, "
        "which also asks for the scope `erase`: with its callbacks, with its result unless "
        "another job refers to that, and with everything about its picture if no other job is "
        "of it.",
        status_code=204,
        response_class=Response,
        responses=problems("job_unknown", "output_failed"),
    )
    async def remove(
        asker: Asker, job_id: UUID, query: Annotated[requested.RemovalQuery, Query()]
    ) -> Response:
        if not await call(threads.intake, _call_off, room, asker, job_id) and query.erase:
            # Erasing takes long, and whoever sends pictures is not to wait for it.
            await call(threads.erasing, _erase, room, asker, job_id)
        return no_content()

    return routes


def _with_result(room: Room, tenant: str, job_id: UUID) -> tuple[Job, Result | None]:
    job = room.parts.store.jobs.get(tenant, job_id)
    if job.state != "done" or job.result_id is None:
        return job, None
    try:
        return job, room.parts.store.results.get(tenant, job.result_id)
    except RequestError:  # thrown away since
        return job, None


def _again(room: Room, tenant: str, job_id: UUID) -> Job:
    parts = room.parts
    job = parts.store.jobs.retry(tenant, job_id)
    # What is not sent now, the sweeper sends.
    if job.leader_id is None and parts.broker.send(job.queue, job.id):
        parts.store.jobs.sent([job.id])
    return job


def _call_off(room: Room, asker: Principal, job_id: UUID) -> bool:
    """Whether it waited or ran."""
    parts = room.parts
    if parts.store.jobs.get(asker.tenant, job_id).is_over:
        return False
    try:
        cancelled = parts.store.jobs.cancel(asker.tenant, job_id)
    except RequestError as error:
        if error.code != "state_conflict":
            raise
        # It came to its end in between.
        return False
    parts.watch.notify(cancelled)
    return True


def _erase(room: Room, asker: Principal, job_id: UUID) -> None:
    if not asker.may(Scope.ERASE):
        raise AccessError(
            "the job is over, and erasing it asks for the scope erase; ask with a key that has it",
            code="forbidden",
        )
    room.parts.eraser.job(asker.tenant, job_id, actor=asker.actor)
