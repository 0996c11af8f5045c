"""The calls about results, and about the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote

from studio_detector.client.answers import Feedback, Health, Label, Result, Similar
from studio_detector.client.errors import misunderstood, unreachable
from studio_detector.client.exchange import exchange, json_of
from studio_detector.client.fields import Fields
from studio_detector.client.job_calls import pages
from studio_detector.client.steps import Broken, Reply, Request, Send

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from studio_detector.client.exchange import Core
    from studio_detector.client.steps import Steps


class ResultFilter(TypedDict, total=False):
    """Which results are listed; what is not given asks for all.

    Attributes:
        is_studio: Only such.
        label: Only such.
        confidence_min: At least, 0..1.
        confidence_max: At most, 0..1.
        created_after: Stored later; with a time zone.
        image_hash: Of this picture.
        variant: Of this variant.
        limit: Results fetched at a time.
    """

    is_studio: bool
    label: Label
    confidence_min: float
    confidence_max: float
    created_after: datetime
    image_hash: str
    variant: str
    limit: int


def results(core: Core, only: ResultFilter) -> Steps[None]:
    """Give every result that fits, the newest first."""
    params = {name: _param(value) for name, value in only.items() if value is not None}
    yield from pages(core, "/results", params, Result.of)


def result(core: Core, result_id: UUID | str) -> Steps[Result]:
    """Look at a result."""
    reply = yield from exchange(core, Request(method="GET", path=f"/results/{result_id}"))
    return Result.of(json_of(reply))


def report(core: Core, result_id: UUID | str) -> Steps[str]:
    """The page that explains a result, as HTML."""
    request = Request(
        method="GET", path=f"/results/{result_id}/report", headers={"accept": "text/html"}
    )
    reply = yield from exchange(core, request)
    return reply.body.decode("utf-8", "replace")


def overlay(core: Core, result_id: UUID | str, name: str) -> Steps[bytes]:
    """The picture with the evidence drawn into it, as PNG."""
    request = Request(
        method="GET",
        path=f"/results/{result_id}/overlays/{quote(name, safe='')}.png",
        headers={"accept": "image/png"},
    )
    reply = yield from exchange(core, request)
    return reply.body


def feedback(core: Core, result_id: UUID | str, label: Label, note: str | None) -> Steps[Feedback]:
    """Tell what a picture really is."""
    body: dict[str, Any] = {"label": label} | ({} if note is None else {"note": note})
    request = Request(
        method="POST", path=f"/results/{result_id}/feedback", json=body, is_repeatable=False
    )
    reply = yield from exchange(core, request)
    return Feedback.of(json_of(reply))


def similar(core: Core, image_hash: str) -> Steps[tuple[Similar, ...]]:
    """Find results of pictures that look alike, the nearest first."""
    request = Request(method="GET", path="/similar", params={"image_hash": image_hash})
    reply = yield from exchange(core, request)
    page = Fields.of(json_of(reply), "list of similar pictures")
    return tuple(Similar.of(item) for item in page.items("items"))


def told(core: Core, path: str) -> Steps[Mapping[str, Any]]:
    """What the service says about itself under an address."""
    reply = yield from exchange(core, Request(method="GET", path=path))
    found = json_of(reply)
    if not isinstance(found, dict):
        raise misunderstood("is no JSON object")
    return found


def health(core: Core) -> Steps[Health]:
    """Ask how the service is, once; that it is not ready is no error.

    Raises:
        RemoteError: ``service_unreachable`` if it gives no answer.
    """
    is_good: dict[str, bool] = {}
    said: Mapping[str, Any] = {}
    for name in ("livez", "startupz", "readyz"):
        request = Request(method="GET", path=f"/{name}", is_outside_api=True)
        reply: Reply | Broken = yield Send(request)
        if isinstance(reply, Broken):
            raise unreachable(core.origin, reply.reason)
        is_good[name] = reply.is_success
        said = _object(reply)
    return Health(
        is_live=is_good["livez"],
        is_started=is_good["startupz"],
        is_ready=is_good["readyz"],
        raw=said,
    )


def _object(reply: Reply) -> Mapping[str, Any]:
    if "json" not in reply.headers.get("content-type", ""):
        return {}
    found = json_of(reply)
    return found if isinstance(found, dict) else {}


def _param(value: Any) -> str:  # noqa: ANN401 - a value of ResultFilter
    if isinstance(value, bool):
        return "true" if value else "false"
    isoformat = getattr(value, "isoformat", None)
    return str(value) if isoformat is None else isoformat()
