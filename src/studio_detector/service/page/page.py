"""The page and its files, read once when the service starts.

All files stand under one digest of them all, and name each other relative to it: what a browser
has kept of one version never mixes with another one. A map of digests for single modules would
have to be a script in the page, which its policy forbids.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING

import jinja2

from studio_detector import __version__
from studio_detector.imaging.sniff import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from studio_detector.imaging.limits import Limits
    from studio_detector.service.settings import ServiceSettings

#: Under which all files stand.
STATIC = "/static"

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
_DIGEST_DIGITS = 16
_TEMPLATE = "index.html.jinja"
# No module, since it must run before anything is drawn.
_EARLY = "early.js"
# Begins the names of the styles that the others build upon: colours, sizes, the frame.
_FIRST_STYLES = "style"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file of the page.

    Attributes:
        body: Its bytes.
        zipped: The same, by gzip.
        media_type: Its kind.
    """

    body: bytes
    zipped: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page of one service.

    Attributes:
        html: The document.
        digest: Of all files, as it stands in their addresses.
        files: Name, with folders -> file.
    """

    html: bytes
    digest: str
    files: Mapping[str, StaticFile]


def make_page(settings: ServiceSettings, limits: Limits, band: tuple[float, float]) -> Page:
    """Read the files and write the document.

    Args:
        settings: Of the service; what people should know of it stands in the document.
        limits: Of single pictures.
        band: Confidences between which the usual variant calls pictures uncertain.
    """
    found, digest = _static()
    styles = sorted(
        (name for name in found if name.endswith(".css")),
        key=lambda name: (not name.startswith(_FIRST_STYLES), name),
    )
    modules = [name for name in found if name.endswith(".js") and name != _EARLY]
    html = _template().render(
        base=f"{STATIC}/{digest}",
        modules=modules,
        styles=styles,
        settings=json.dumps(_told(settings, limits, band)),
    )
    return Page(html=html.encode(), digest=digest, files=found)


def readable_formats() -> tuple[str, ...]:
    """The formats that this installation decodes."""
    has_heic = find_spec("pi_heif") is not None
    return tuple(name for name in FORMATS if name != "HEIC" or has_heic)


def _told(
    settings: ServiceSettings, limits: Limits, band: tuple[float, float]
) -> dict[str, object]:
    return {
        "version": __version__,
        "needs_key": not settings.is_open,
        "keeps_pictures": settings.keep_pictures_s > 0,
        "max_upload_bytes": min(settings.max_upload_bytes, limits.max_file_bytes),
        "max_batch_upload_bytes": settings.max_batch_upload_bytes,
        "max_batch_items": settings.max_batch_items,
        "max_pixels": limits.max_pixels,
        "formats": readable_formats(),
        "band": band,
    }


@cache
def _static() -> tuple[Mapping[str, StaticFile], str]:
    found = {name: _file(name, body) for name, body in sorted(_static_files())}
    return MappingProxyType(found), _digest(found)


def _file(name: str, body: bytes) -> StaticFile:
    kind = _KINDS[name[name.rindex(".") :]]
    # Without the moment, so that the same file is always the same bytes.
    return StaticFile(body=body, zipped=gzip.compress(body, mtime=0), media_type=kind)


def _digest(found: Mapping[str, StaticFile]) -> str:
    digest = hashlib.sha256()
    for name, file in found.items():
        for part in (name.encode(), file.body):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:_DIGEST_DIGITS]


def _static_files() -> Iterator[tuple[str, bytes]]:
    def walk(folder: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
        for entry in folder.iterdir():
            name = f"{above}{entry.name}"
            if entry.is_dir():
                yield from walk(entry, f"{name}/")
            else:
                yield name, entry.read_bytes()

    return walk(_room("static"), "")


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(_room("templates").joinpath(_TEMPLATE).read_text("utf-8"))


def _room(folder: str) -> Traversable:
    return files("studio_detector.service.page").joinpath(folder)
