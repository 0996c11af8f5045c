"""Archives of photos, as readers of sources and as the service takes them."""

from __future__ import annotations

import io

from studio_detector.errors import RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.service.intake.archive import from_archive
from studio_detector.sources.archives.archive import photos_in
from studio_detector.sources.archives.meter import MOST_EXPANSION_RATIO
from studio_detector.sources.photo import Photo
from tools.fuzz.choice import chosen
from tools.fuzz.target import Target

_LIMITS = Limits(max_file_bytes=1 << 16)
_MOST_PHOTOS = 50


def check(data: bytes) -> None:
    """No member is larger than allowed, all together neither, and the service agrees."""
    suffix, data = chosen(data, (".zip", ".tar", ".tar.gz", ".tar.zst"))
    total = 0
    for item in photos_in(io.BytesIO(data), "archive", suffix, _LIMITS):
        if isinstance(item, Photo):
            if not isinstance(item.source, bytes) or len(item.source) > _LIMITS.max_file_bytes:
                raise AssertionError("a member beyond the limits")
            total += len(item.source)
    if total > _LIMITS.max_file_bytes + MOST_EXPANSION_RATIO * len(data):
        raise AssertionError(f"{len(data)} bytes gave {total}")
    kept: dict[str, bytes] = {}
    found = list(from_archive(io.BytesIO(data), _LIMITS, keep=kept.__setitem__, most=_MOST_PHOTOS))
    if len(found) > _MOST_PHOTOS:
        raise AssertionError(len(found))
    for one in found:
        if (one.image_hash is None) == (one.error_code is None):
            raise AssertionError(one)
        if one.image_hash is not None and one.image_hash not in kept:
            raise RequestError("a photo was not kept", code="internal")


TARGET = Target(
    title="archives: zip, tar, tar.gz, tar.zst",
    check=check,
    most_bytes=1 << 13,
)
