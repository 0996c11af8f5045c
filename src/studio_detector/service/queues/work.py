"""One try of one job: the picture, what is in it, and what the store is told."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from studio_detector.errors import BusyError, RequestError
from studio_detector.service.blobs.base import blob_key
from studio_detector.service.children.outcome import detail_wanted, new_result
from studio_detector.service.logs.context import bound
from studio_detector.service.queues.afterwards import follow_up, throw_away
from studio_detector.service.queues.following import describe_row, followed, ids_of
from studio_detector.service.queues.outcomes import (
    Failed,
    Found,
    Half,
    Settled,
    failed_picture,
    failure_of,
)
from studio_detector.service.records import NewResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from studio_detector.service.queues.leases import Leases
    from studio_detector.service.queues.outcomes import Outcome
    from studio_detector.service.queues.parts import WorkerParts
    from studio_detector.service.queues.patience import Patience
    from studio_detector.service.records import Job

_log = logging.getLogger(__name__)


def _for_nobody() -> None:
    """Stand back where there is nothing more urgent."""


def run_job(
    parts: WorkerParts,
    leases: Leases,
    patience: Patience,
    job_id: UUID,
    stand_back: Callable[[], None] = _for_nobody,
) -> Job | None:
    """Try a job once, if there is something to do.

    Args:
        parts: The parts of the service.
        leases: Keep the job this worker's while it is at it.
        patience: Waits for the database and the pictures while they are away.
        job_id: The job; a message for one that is done, waits for another or is another's is
            harmless.
        stand_back: Called before each step that other work may have to wait for.

    Returns:
        The job as the store has it afterwards; None if there was nothing to do, or its lease
        was lost: then the outcome is forgotten, since somebody else is at it.

    Raises:
        BusyError: If a part stays away or the process is to end: the job goes back as it was,
            or, where it is the store that is away, its lease runs out.
    """
    stand_back()
    with leases.owner() as owner:
        job = patience.ask(lambda: parts.store.jobs.claim(job_id, owner))
        if job is None:
            return None
        with followed(parts, job, owner) as told:
            outcome = outcome_of(parts, patience, job, stand_back)
            if outcome is None:
                return None
            stand_back()
            ended = told.ended = tell(parts, patience, job, outcome)
    if ended is not None:
        stand_back()
        with bound(**ids_of(ended)):
            follow_up(parts, [ended])
    return ended


def outcome_of(
    parts: WorkerParts,
    patience: Patience,
    job: Job,
    stand_back: Callable[[], None],
    kept: Callable[[], bytes] | None = None,
) -> Outcome | None:
    """Do what a job is about; the store is told of it by `tell`.

    Args:
        parts: The parts of the service.
        patience: Waits for the database and the pictures while they are away.
        job: The job, as it was claimed.
        stand_back: See `run_job`.
        kept: Gives its picture, where that was looked up before; see `Vault.find`.

    Returns:
        How the try ends; None if somebody else is at the job, or it was cancelled.

    Raises:
        BusyError: See `run_job`.
    """
    try:
        return _outcome(parts, patience, job, stand_back, kept)
    except _LeaseLostError:
        return None
    except BusyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the job must not stay
        return failure_of(error)


def tell(parts: WorkerParts, patience: Patience, job: Job, outcome: Outcome) -> Job | None:
    """Tell the store how a try ends.

    Args:
        parts: The parts of the service.
        patience: Waits for the database while it is away.
        job: The job, as it was claimed.
        outcome: See `outcome_of`.

    Returns:
        The job as the store has it now; None if its lease was lost.

    Raises:
        BusyError: See `run_job`.
    """
    try:
        ended = _tell(parts, patience, job, outcome)
    except BusyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the job must not stay
        return _tell(parts, patience, job, failure_of(error))
    if ended is not None and isinstance(outcome, Found) and isinstance(outcome.result, NewResult):
        parts.metrics.verdicts.given(outcome.result)
    return ended


class _LeaseLostError(Exception):
    """Somebody else is at the job, or it was cancelled."""


def _outcome(
    parts: WorkerParts,
    patience: Patience,
    job: Job,
    stand_back: Callable[[], None],
    kept: Callable[[], bytes] | None,
) -> Outcome:
    data = _kept(parts, patience, job, kept)
    image_hash = job.image_hash
    if data is None or image_hash is None:
        if job.image_url is None:
            return Failed("picture_gone", "the picture is no longer kept; send it again")
        with parts.tracer.span("fetch", kind="client") as span, parts.metrics.stages.timed("fetch"):
            data = parts.fetcher.fetch(job.image_url, parts.settings.max_upload_bytes)
            span.set(bytes=len(data))
        image_hash = hashlib.sha256(data).hexdigest()
        _keep(parts, job.tenant, image_hash, data)
        if not _is_first(parts, patience, job, image_hash):
            return Settled()
    # Work in a hurry is done in one go: it would wait again, behind details of others.
    is_split = parts.settings.split_phases and job.queue == "standard"
    phases = "lighting" if is_split else job.work.phases
    # The first half has asked.
    is_alike_enough = job.near_duplicates and job.partial is None
    stand_back()
    with parts.tracer.span("analysis") as span:
        row = parts.children.analyse(
            data,
            sha256=image_hash,
            variant=job.work.variant,
            phases=phases,
            known=job.partial if image_hash == job.image_hash else None,
            wants_near=partial(_near, parts, job) if is_alike_enough else None,
            is_urgent=job.queue == "high",
        )
        describe_row(span, row)
    if not isinstance(row, dict):
        return Found(row, "near_duplicate")
    if "error" in row:
        return failed_picture(row)
    if phases != job.work.phases and detail_wanted(
        row, parts.variants.settings_of(job.work.variant), job.work.phases
    ):
        return Half(row)
    parts.metrics.stages.analysed(row)
    # While an upgrade rolls, a job may have been accepted by another version than analyses it.
    version = parts.variants.pipeline_version(job.work.variant, job.work.phases)
    work = replace(job.work, pipeline_version=version)
    result = new_result(row, tenant=job.tenant, work=work, is_shadow=job.shadow_of is not None)
    return Found(result, "analysed")


def _is_first(parts: WorkerParts, patience: Patience, job: Job, image_hash: str) -> bool:
    """Note which picture was fetched; whether nobody has its result or is at it."""
    token = job.lease_token or ""
    place = patience.ask(lambda: parts.store.jobs.learn_hash(job.id, token, image_hash))
    if place == "lost":
        # The job may have been erased, and nobody would look for what was kept for it.
        parts.store.pictures.give_up([(job.tenant, image_hash)])
        throw_away(parts, job.tenant, [image_hash])
        raise _LeaseLostError
    return place == "work"


def _kept(
    parts: WorkerParts, patience: Patience, job: Job, kept: Callable[[], bytes] | None
) -> bytes | None:
    """The picture as it was kept; None if it was not, or is damaged."""
    image_hash = job.image_hash
    if image_hash is None:
        return None
    key = blob_key(job.tenant, image_hash)
    try:
        return patience.ask(kept or partial(parts.blobs.get, key))
    except RequestError as error:
        if error.code == "picture_gone":
            # It may have been put anew since it was looked up.
            return None if kept is None else _kept(parts, patience, job, None)
        if error.code != "picture_damaged":
            raise
        _log.warning("%s", error.message)
    # A power failure may leave a file of another content under the name. It goes, since the
    # same picture sent again would otherwise be taken for kept.
    patience.ask(lambda: parts.blobs.delete(key))
    return None


def _keep(parts: WorkerParts, tenant: str, image_hash: str, data: bytes) -> None:
    """Keep a fetched picture for reports and further tries; no verdict hangs on it."""
    try:
        # Not `put`, whose pictures are soon asked for: this one is in hand already.
        parts.blobs.put_all({blob_key(tenant, image_hash): data})
    except BusyError as error:
        _log.warning("a fetched picture is not kept: %s", error.message)


def _near(parts: WorkerParts, job: Job, pdq: str, quality: int) -> UUID | None:
    """The result of a picture that looks alike; what goes wrong only costs an analysis."""
    try:
        parts.similar.catch_up(parts.store.results.hashes_after)
        for result_id, _ in parts.similar.near(job.tenant, pdq, quality, job.work):
            try:
                result = parts.store.results.get(job.tenant, result_id)
            except RequestError:
                parts.similar.forget(job.tenant, result_id)
                continue
            if not result.is_shadow:
                return result_id
    except BusyError as error:
        _log.warning("near duplicates are not looked for: %s", error.message)
    return None


def _tell(parts: WorkerParts, patience: Patience, job: Job, outcome: Outcome) -> Job | None:
    with parts.tracer.span("store"), parts.metrics.stages.timed("store"):
        return _told(parts, patience, job, outcome)


def _told(parts: WorkerParts, patience: Patience, job: Job, outcome: Outcome) -> Job | None:
    jobs, token = parts.store.jobs, job.lease_token or ""
    match outcome:
        case Found(result, answer):
            return patience.ask(lambda: jobs.finish(job.id, token, result, answer))
        case Half(row):
            return patience.ask(lambda: jobs.hand_on(job.id, token, queue="detail", partial=row))
        case Failed(code, message, is_passing, retry_after_s):
            return patience.ask(
                lambda: jobs.fail(
                    job.id,
                    token,
                    code,
                    message,
                    is_passing=is_passing,
                    retry_after_s=retry_after_s,
                )
            )
        case Settled():
            return patience.ask(lambda: jobs.get(job.tenant, job.id))
