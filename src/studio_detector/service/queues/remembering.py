"""What the cache of results holds: the name of the result of a picture and a work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from studio_detector.service.cache import ResultCache
    from studio_detector.service.records import Job, Work


def remember(cache: ResultCache, job: Job, ttl_s: float) -> None:
    """Have the cache answer for the picture and work of a job that is done.

    Args:
        cache: The cache.
        job: A job; what must not answer others is not remembered: a result scored for
            comparison alone, and one of a picture that only looks alike.
        ttl_s: Seconds to remember it.
    """
    if (
        job.state == "done"
        and job.result_id is not None
        and job.image_hash is not None
        and job.shadow_of is None
        and job.answer != "near_duplicate"
    ):
        cache.put(_key(job.tenant, job.image_hash, job.work), json.dumps(str(job.result_id)), ttl_s)


def remembered(cache: ResultCache, tenant: str, image_hash: str, work: Work) -> UUID | None:
    """The result that the cache knows for a picture and a work; None if it knows none.

    It may have been deleted from the store since.
    """
    value = cache.get(_key(tenant, image_hash, work))
    if value is None:
        return None
    try:
        return UUID(json.loads(value))
    except (ValueError, TypeError, AttributeError):  # somebody else's
        return None


def forget(cache: ResultCache, tenant: str, image_hash: str, work: Work) -> None:
    """Have the cache answer no more."""
    cache.delete(_key(tenant, image_hash, work))


def _key(tenant: str, image_hash: str, work: Work) -> str:
    # Names of tenants and variants hold no colon where they are given; JSON holds for any.
    return json.dumps([tenant, image_hash, work.variant, work.pipeline_version, work.phases])
