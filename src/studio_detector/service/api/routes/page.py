"""The page for people, and its files; whoever asks, since nothing of anybody is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from studio_detector.service.api import etags
from studio_detector.service.api.problems import problem
from studio_detector.service.page.page import STATIC, make_page

if TYPE_CHECKING:
    from studio_detector.service.api.room import Room

#: What the page may do: load its own files, show pictures that it made itself, ask its own
#: service. It runs no script and no style that stands in it, and no string becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; frame-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# Its address changes with it.
_FOR_EVER = "public, max-age=31536000, immutable"


def router(room: Room) -> APIRouter:
    """The routes, which lie at the root and are no part of the API.

    Args:
        room: What they use.
    """
    routes = APIRouter(tags=["page"], include_in_schema=False)
    variants = room.parts.variants
    usual = variants.detector(variants.default, variants.settings_of(variants.default).phases)
    page = make_page(room.parts.settings, room.parts.base.limits, usual.uncertain_band)
    page_tag = etags.etag_of(page.html)

    @routes.get("/")
    async def index(request: Request) -> Response:
        answer = etags.tagged(request, page_tag, page.html, "text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return answer

    @routes.get(f"{STATIC}/{{digest}}/{{name:path}}")
    async def static(request: Request, digest: str, name: str) -> Response:
        file = page.files.get(name) if digest == page.digest else None
        if file is None:
            return problem("route_unknown", "there is no such file; reload the page")
        is_zipped = "gzip" in request.headers.get("accept-encoding", "")
        body = file.zipped if is_zipped else file.body
        answer = etags.tagged(request, etags.etag_of(body), body, file.media_type)
        answer.headers["Cache-Control"] = _FOR_EVER
        answer.headers["Vary"] = "Accept-Encoding"
        if is_zipped and answer.status_code == 200:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    return routes
