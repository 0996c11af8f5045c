"""Made-up results for pages that show thousands: what the service would list, without the work."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from datetime import UTC, datetime, timedelta

#: Of what the usual model calls uncertain.
BAND = (0.13, 0.87)
_NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
_PAGE = 200


def verdict(at, confidence, *, pdq=None, quality=100, label=None):
    """One result as lists have it, the older the higher its number."""
    if label is None:
        label = "studio" if confidence > BAND[1] else "uncertain"
        label = "natural" if confidence < BAND[0] else label
    draw = random.Random(str(at))
    return {
        "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "image_hash": hashlib.sha256(b"%d" % at).hexdigest(),
        "is_studio": confidence > 0.5,
        "confidence": confidence,
        "label": label,
        "phase": "lighting",
        "lighting_confidence": confidence,
        "model": "shipped@1+0123456789ab",
        "variant": "default",
        "created_at": (_NEWEST - timedelta(seconds=at)).isoformat(),
        "processing_time_ms": 40.0,
        "perceptual_hash": f"{draw.getrandbits(256):064x}" if pdq is None else pdq,
        "perceptual_quality": quality,
    }


def verdicts(count):
    """Many of them, most at both ends as of real photos."""
    draw = random.Random(count)
    return [verdict(at, round(draw.betavariate(0.35, 0.35), 6)) for at in range(count)]


def flipped(pdq, bits, seed=0):
    """A hash that differs in so many bits."""
    word = int(pdq, 16)
    for bit in random.Random(seed).sample(range(256), bits):
        word ^= 1 << bit
    return f"{word:064x}"


def serve(context, results):
    """Have a browser's pages find these results, page by page, instead of the service's."""

    def answer(route):
        query = dict(part.split("=") for part in route.request.url.partition("?")[2].split("&"))
        begin = int(query.get("cursor", 0))
        end = begin + min(_PAGE, int(query["limit"]))
        body = {"items": results[begin:end], "cursor": str(end) if end < len(results) else None}
        route.fulfill(body=json.dumps(body), content_type="application/json")

    context.route("**/api/v1/results?*", answer)
