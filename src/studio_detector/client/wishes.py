"""What can be wished for beside the picture, and how it is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_detector.client.answers import Priority


class Wishes(TypedDict, total=False):
    """What can be wished for beside the picture.

    Attributes:
        priority: "standard", or "high" to wait behind no standard work.
        phases: "auto" (look at details in doubt), "lighting" (never), "all" (always), or names
            of analyses.
        variant: Name of the variant; without one, the service chooses.
        callback_url: Address that is told when it is over.
        near_duplicates: Take the result of a picture that looks alike, marked as such.
        subject: Your name for who is shown, 1 to 200 characters; all that is stored of a subject
            can be exported and erased. The service stores a keyed hash of it.
        idempotency_key: What makes a repeated request the same request; without one, every
            call makes its own, so that its own retries are safe.
    """

    priority: Priority
    phases: str | Sequence[str]
    variant: str
    callback_url: str
    near_duplicates: bool
    subject: str
    idempotency_key: str


def as_json(wishes: Wishes) -> dict[str, Any]:
    """The wishes as keys of a JSON body."""
    body: dict[str, Any] = {}
    for name in ("priority", "variant", "callback_url", "subject"):
        if name in wishes:
            body[name] = wishes[name]
    if "phases" in wishes:
        phases = wishes["phases"]
        body["phases"] = phases if isinstance(phases, str) else list(phases)
    if "near_duplicates" in wishes:
        body["options"] = {"near_duplicates": wishes["near_duplicates"]}
    return body


def as_form(wishes: Wishes) -> dict[str, str | list[str]]:
    """The wishes as fields beside an upload."""
    return {
        name: value if isinstance(value, str | list) else json.dumps(value)
        for name, value in as_json(wishes).items()
    }
