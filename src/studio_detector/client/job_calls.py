"""The calls about one picture and its job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_detector.client.answers import Job, Result
from studio_detector.client.errors import JobPendingError, RemoteError
from studio_detector.client.exchange import exchange, json_of
from studio_detector.client.fields import Fields
from studio_detector.client.sources import is_address, upload_of
from studio_detector.client.steps import Give, Pause, Request
from studio_detector.client.wishes import as_form, as_json
from studio_detector.errors import CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from studio_detector.client.exchange import Core
    from studio_detector.client.sources import Source
    from studio_detector.client.steps import Steps
    from studio_detector.client.wishes import Wishes

#: How long one request waits for a result; what takes longer is asked for again.
_LONGEST_WAIT_S = 25.0
# Between looks at a job, for services that do not wait themselves.
_FIRST_LOOK_S = 0.1
_MOST_LOOK_S = 2.0


def submit(core: Core, source: Source, wishes: Wishes, *, wait_s: float = 0.0) -> Steps[Job]:
    """Hand a picture in.

    Args:
        core: What all calls share.
        source: The picture.
        wishes: What else is wished for.
        wait_s: Seconds to wait for the result within the request; no more than `_LONGEST_WAIT_S`.
    """
    wait_s = min(wait_s, _LONGEST_WAIT_S)
    sent: dict[str, Any]
    if is_address(source):
        sent = {"json": {"image_url": source, **as_json(wishes)}}
    else:
        sent = {"upload": upload_of(source), "form": as_form(wishes)}
    reply = yield from exchange(
        core,
        Request(
            method="POST",
            path="/analyse",
            params={"wait": f"{wait_s:g}"} if wait_s > 0 else {},
            headers=key_header(core, wishes),
            answers_within_s=wait_s,
            **sent,
        ),
    )
    return _answered(json_of(reply))


def analyse(
    core: Core,
    source: Source,
    wishes: Wishes,
    *,
    wait_s: float,
    progress: Callable[[Job], None] | None,
) -> Steps[Result]:
    """Hand a picture in and wait for its result.

    Raises:
        JobPendingError: If that takes longer than ``wait_s``.
        RemoteError: With the code of the job, if it fails.
    """
    begun = core.clock()
    job = yield from submit(core, source, wishes, wait_s=wait_s)
    if progress is not None:
        progress(job)
    if not job.is_over:
        rest_s = max(0.0, wait_s - (core.clock() - begun))
        job = yield from _over(core, job, wait_s=rest_s, progress=progress, asked_s=wait_s)
    return (yield from result_of(core, job))


def job(core: Core, job_id: UUID | str, *, wait_s: float = 0.0) -> Steps[Job]:
    """Look at a job, waiting up to ``wait_s`` for its end where the service can."""
    reply = yield from exchange(
        core,
        Request(
            method="GET",
            path=f"/jobs/{job_id}",
            headers={"prefer": f"wait={max(1, round(wait_s))}"} if wait_s > 0 else {},
            answers_within_s=wait_s,
        ),
    )
    return Job.of(json_of(reply))


def wait(
    core: Core,
    job_id: UUID | str,
    *,
    wait_s: float,
    progress: Callable[[Job], None] | None,
) -> Steps[Job]:
    """Wait until a job is over.

    Raises:
        JobPendingError: If that takes longer than ``wait_s``.
    """
    seen = yield from job(core, job_id)
    if progress is not None:
        progress(seen)
    if seen.is_over:
        return seen
    return (yield from _over(core, seen, wait_s=wait_s, progress=progress, asked_s=wait_s))


def result_of(core: Core, seen: Job) -> Steps[Result]:
    """The result of a job that is over.

    Raises:
        RemoteError: With the code of the job, if it has none.
    """
    found = seen.result
    if found is None:
        if seen.result_id is None:
            raise job_failed(seen)
        reply = yield from exchange(core, Request(method="GET", path=f"/results/{seen.result_id}"))
        found = Result.of(json_of(reply))
    return replace(found, job_id=seen.id, answer=seen.answer)


def job_failed(seen: Job) -> RemoteError:
    """The error for a job that has no result."""
    code = seen.error_code or ("cancelled" if seen.state == "cancelled" else "internal")
    message = seen.error_message or f"the job {seen.id} is {seen.state} and has no result"
    return RemoteError(
        message,
        code=code if code in CODES else "internal",
        problem={"code": code, "detail": message, "job_id": str(seen.id)},
    )


def jobs(core: Core, filters: Mapping[str, str]) -> Steps[None]:
    """Give every job that fits, the newest first."""
    yield from pages(core, "/jobs", filters, Job.of)


def cancel(core: Core, job_id: UUID | str, *, erase: bool) -> Steps[None]:
    """Cancel a job that is not over; see `Client.cancel`."""
    params = {"erase": "true" if erase else "false"}
    yield from exchange(core, Request(method="DELETE", path=f"/jobs/{job_id}", params=params))


def retry(core: Core, job_id: UUID | str) -> Steps[Job]:
    """Try a job anew that is dead or cancelled."""
    path = f"/jobs/{job_id}/retry"
    reply = yield from exchange(core, Request(method="POST", path=path, is_repeatable=False))
    return Job.of(json_of(reply))


def pages(
    core: Core, path: str, params: Mapping[str, str], read: Callable[[object], object]
) -> Steps[None]:
    """Give every item of a list that comes in pages."""
    cursor: str | None = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        request = Request(method="GET", path=path, params={**params, **more})
        reply = yield from exchange(core, request)
        page = Fields.of(json_of(reply), "page")
        for item in page.items("items"):
            yield Give(read(item))
        cursor = page.maybe_text("cursor")
        if cursor is None:
            return


def key_header(core: Core, wishes: Wishes) -> dict[str, str]:
    """The header by which the service knows a request it has seen."""
    return {"idempotency-key": wishes.get("idempotency_key") or core.new_key()}


def _answered(data: object) -> Job:
    """The job that an answer tells of: as it is, or by its result alone."""
    if isinstance(data, dict) and "state" in data:
        return Job.of(data)
    result = Result.of(data)
    told = Fields(result.raw, "result")
    return Job(
        id=told.uuid("job_id"),
        state="done",
        answer=told.maybe_text("answer"),
        result_id=result.id,
        result=result,
        error_code=None,
        error_message=None,
        attempts=0,
        image_hash=result.image_hash,
        batch_id=None,
        raw=result.raw,
    )


def _over(
    core: Core,
    seen: Job,
    *,
    wait_s: float,
    asked_s: float,
    progress: Callable[[Job], None] | None,
) -> Steps[Job]:
    deadline = core.clock() + wait_s
    look_s = _FIRST_LOOK_S
    while True:
        rest_s = deadline - core.clock()
        if rest_s <= 0:
            raise JobPendingError(seen, asked_s)
        begun = core.clock()
        before, seen = seen, (yield from job(core, seen.id, wait_s=min(rest_s, _LONGEST_WAIT_S)))
        if progress is not None and (before.state, before.attempts) != (seen.state, seen.attempts):
            progress(seen)
        if seen.is_over:
            return seen
        if core.clock() - begun < look_s:  # the service did not wait for us
            yield Pause(min(look_s, max(0.0, deadline - core.clock())))
            look_s = min(_MOST_LOOK_S, look_s * 1.5)
