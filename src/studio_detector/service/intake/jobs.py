"""From wishes to the jobs that are to be accepted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from studio_detector.service.records import NewJob, Work

if TYPE_CHECKING:
    from studio_detector.service.intake.wishes import Wishes
    from studio_detector.service.variants import Variants


def work_for(variants: Variants, wishes: Wishes, image_hash: str) -> Work:
    """What is to be found out about a picture.

    Args:
        variants: There are.
        wishes: The sender's.
        image_hash: SHA-256 of the picture, hex, or of its address where it was not fetched yet.

    Raises:
        RequestError: ``unknown_variant``.
    """
    variant = variants.choose(image_hash) if wishes.variant is None else wishes.variant
    phases = wishes.phases or variants.settings_of(variant).phases
    return Work(
        variant=variant,
        pipeline_version=variants.pipeline_version(variant, phases),
        phases=phases,
    )


def with_shadows(job: NewJob, variants: Variants) -> list[NewJob]:
    """A job and those that score its picture for comparison alone, which nobody is told of.

    Args:
        job: The job that answers.
        variants: There are.
    """
    named = job.image_hash or hash_of_address(job.image_url or "")
    shadows = []
    for name in variants.shadows(job.work.variant, named):
        phases = variants.settings_of(name).phases
        work = Work(
            variant=name, pipeline_version=variants.pipeline_version(name, phases), phases=phases
        )
        shadows.append(
            NewJob(
                id=uuid4(),
                tenant=job.tenant,
                work=work,
                image_hash=job.image_hash,
                image_url=job.image_url,
                max_attempts=job.max_attempts,
                shadow_of=job.id,
                subject=job.subject,
            )
        )
    return [job, *shadows]


def hash_of_address(url: str) -> str:
    """What stands for the hash of a picture that was not fetched yet."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of_request(kind: str, content: str, wishes: Wishes) -> str:
    """The digest by which two requests under one idempotency key are told apart.

    Args:
        kind: What was asked for.
        content: Hash of the picture, or the addresses.
        wishes: The sender's.
    """
    text = "\n".join((kind, content, repr(wishes)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_id() -> UUID:
    """A name for a job or a batch that nobody can guess."""
    return uuid4()
