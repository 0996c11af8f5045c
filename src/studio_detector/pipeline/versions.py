"""What numbers depend on, in a form that can be kept beside them and compared.

Two results may stand for one another if their pipeline versions are equal. Measurements may be
judged anew if their basis is what pictures are measured on now.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from studio_detector.analysis.network.engines import engine_identity
from studio_detector.imaging import DECODE_VERSION
from studio_detector.version import VERSION

if TYPE_CHECKING:
    from studio_detector.pipeline.detector import Detector
    from studio_detector.pipeline.settings import Settings

#: Key of `basis` that concerns the phase "network" alone.
NETWORK_ENGINE = "network_engine"
_DIGEST_DIGITS = 12


def basis(settings: Settings) -> dict[str, Any]:
    """What raw measurements depend on, beside the bytes and the versions of the analyses.

    Limits are left out, since a picture beyond one is refused and not measured otherwise; all
    but the one on metadata, beyond which a colour profile is ignored.

    Args:
        settings: Of the analysis.

    Returns:
        Plain data; equal for settings under which equal pictures are measured equally.
    """
    return {
        "decode": DECODE_VERSION,
        "working_size_px": settings.working_size_px,
        "max_metadata_bytes": settings.limits.max_metadata_bytes,
        NETWORK_ENGINE: engine_identity(settings.network_engine),
    }


def pipeline_version(detector: Detector) -> str:
    """The version of everything that the numbers of a report depend on.

    Args:
        detector: Gives the numbers.

    Returns:
        ``version+digest``: that of the package, and 12 hexadecimal digits of the SHA-256 of the
        rest: `basis`, the analyses that may run with their versions, the model, the phases, the
        bounds of doubt where they matter, and the band labelled uncertain.
    """
    settings, judge = detector.settings, detector.judge
    facts = basis(settings)
    if not judge.network:
        del facts[NETWORK_ENGINE]
    facts |= {
        "analyses": {found.SPEC.name: found.SPEC.version for found in judge.analyses},
        "model": detector.model.identity,
        "phases": settings.phases,
        "doubt": ([settings.doubt_low, settings.doubt_high] if settings.phases == "auto" else None),
        "uncertain": list(judge.uncertain_band),
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{VERSION}+{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]}"
