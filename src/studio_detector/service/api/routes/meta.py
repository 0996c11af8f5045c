"""What the service is: models, variants, queues, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Response

from studio_detector import __version__
from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.disagreements import disagreement_report
from studio_detector.service.records import JOB_QUEUES

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room


def router(room: Room) -> APIRouter:
    """The routes.

    Args:
        room: What they use.
    """
    routes = APIRouter(tags=["service"])
    reads = room.threads.reads

    @routes.get(
        "/models",
        summary="The models that judge",
        response_model=schemas.Models,
        responses=problems(),
    )
    async def models(_: Tenant) -> Response:
        return json_answer(await call(reads, _models, room))

    @routes.get(
        "/variants",
        summary="The variants that share the traffic",
        response_model=schemas.Variants,
        responses=problems(),
    )
    async def variants(_: Tenant) -> Response:
        return json_answer(await call(reads, _variants, room))

    @routes.get(
        "/variants/{a}/disagreements/{b}",
        summary="How far two variants agree",
        response_model=schemas.Disagreements,
        responses=problems("unknown_variant"),
    )
    async def disagreements(
        tenant: Tenant,
        a: str,
        b: str,
        limit: Annotated[int, Query(ge=1, le=1000, description="Most pictures named.")] = 100,
    ) -> Response:
        return json_answer(
            await call(room.threads.streams, _disagreements, room, tenant, (a, b), limit)
        )

    @routes.get(
        "/queues",
        summary="How much of yours waits",
        response_model=schemas.Queues,
        responses=problems(),
    )
    async def queues(tenant: Tenant) -> Response:
        return json_answer(await call(reads, _queues, room, tenant))

    @routes.get(
        "/version",
        summary="Version of the service",
        response_model=schemas.Version,
        responses=problems(),
    )
    async def version() -> Response:
        schema = await call(reads, room.parts.store.schema_version)
        return json_answer({"version": __version__, "api": "v1", "schema": schema})

    return routes


def _models(room: Room) -> dict[str, Any]:
    variants = room.parts.variants
    by_model: dict[str, dict[str, Any]] = {}
    for name in variants.names:
        model = variants.detector(name, variants.settings_of(name).phases).model
        found = by_model.setdefault(
            model.identity,
            {
                "identity": model.identity,
                "name": model.name,
                "version": model.version,
                "variants": [],
            },
        )
        found["variants"].append(name)
    return {"models": list(by_model.values()), "variants": list(variants.names)}


def _variants(room: Room) -> dict[str, Any]:
    variants = room.parts.variants
    items = []
    for name in variants.names:
        variant = variants.get(name)
        phases = variant.settings.phases
        items.append(
            {
                "name": name,
                "share": variant.share,
                "is_shadow": variant.is_shadow,
                "model": variants.detector(name, phases).model.identity,
                "phases": phases,
                "pipeline_version": variants.pipeline_version(name, phases),
            }
        )
    return {"default": variants.default, "items": items}


def _disagreements(room: Room, tenant: str, names: tuple[str, str], limit: int) -> dict[str, Any]:
    for name in names:
        room.parts.variants.get(name)
    found = room.parts.store.results.disagreements(*names, tenant=tenant, limit=limit)
    return disagreement_report(found)


def _queues(room: Room, tenant: str) -> dict[str, Any]:
    # What waits of others would tell how much they send.
    jobs = room.parts.store.jobs
    counts = jobs.unfinished(tenant)
    queues = []
    backlog = 0
    for queue in JOB_QUEUES:
        queued, running = counts.get((queue, "queued"), 0), counts.get((queue, "running"), 0)
        backlog += queued + running
        queues.append(
            {
                "queue": queue,
                "queued": queued,
                "running": running,
                "oldest_wait_s": jobs.oldest_wait_s(tenant, queue),
            }
        )
    return {"backlog": backlog, "queues": queues}
