"""``GET /similar``: results of pictures that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Response

from studio_detector.errors import RequestError
from studio_detector.service.api import schemas
from studio_detector.service.api.answers import json_answer
from studio_detector.service.api.described import problems
from studio_detector.service.api.serialise import result_json
from studio_detector.service.api.tenant import Tenant  # noqa: TC001 - FastAPI reads it
from studio_detector.service.api.threads import call
from studio_detector.service.records import ResultFilter

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room


def router(room: Room) -> APIRouter:
    """The route.

    Args:
        room: What it uses.
    """
    routes = APIRouter(tags=["results"])

    @routes.get(
        "/similar",
        summary="Find pictures that look alike",
        description="By their perceptual hash, the nearest first, each picture once.",
        response_model=schemas.SimilarPictures,
        responses=problems("result_unknown"),
    )
    async def similar(
        tenant: Tenant,
        image_hash: Annotated[
            str, Query(pattern="^[0-9a-f]{64}$", description="SHA-256 of a picture seen before.")
        ],
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Response:
        items = await call(room.threads.reads, _similar, room, tenant, image_hash, limit)
        return json_answer({"items": items})

    return routes


def _similar(room: Room, tenant: str, image_hash: str, limit: int) -> list[dict[str, Any]]:
    results, index = room.parts.store.results, room.parts.similar
    seen = results.find(tenant, ResultFilter(image_hash=image_hash), limit=1).items
    if not seen:
        raise RequestError(
            f"there is no result of a picture {image_hash}; have it analysed first",
            code="result_unknown",
        )
    picture = seen[0]
    if picture.perceptual_hash is None:
        return []
    index.catch_up(results.hashes_after)
    items: list[dict[str, Any]] = []
    named = {image_hash}
    for result_id, distance in index.near(
        tenant, picture.perceptual_hash, picture.perceptual_quality or 0
    ):
        try:
            found = results.get(tenant, result_id)
        except RequestError:  # deleted by another process
            index.forget(tenant, result_id)
            continue
        if found.is_shadow or found.image_hash in named:
            continue
        named.add(found.image_hash)
        items.append({"distance_bits": distance, "result": result_json(found)})
        if len(items) == limit:
            break
    return items
