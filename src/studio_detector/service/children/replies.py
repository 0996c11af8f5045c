"""What a child answered, held against the form of rows before anything of it is kept.

A child has touched hostile bytes: it may answer anything. What passes here can be stored, shown
and turned back into a report; whether its numbers are true, nobody can tell from outside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_detector.batch.supervisor import checked_row, error_code
from studio_detector.imaging.framing import FramingError
from studio_detector.service.children.forms import (
    is_name,
    is_number,
    is_share,
    is_text,
    is_whole,
    list_of,
    map_of,
    one_of,
    storable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.service.children.forms import Check

_PDQ = re.compile(r"[0-9a-f]{64}")
_STAGES = frozenset({"decode", "lighting", "network", "detail", "total"})


def checked_outcome(row: object, sha256: str) -> dict[str, Any]:
    """Check and clean the row of an analysed picture.

    Args:
        row: What the child sent.
        sha256: Digest of the picture it was sent, hex: no child can speak for another picture.

    Returns:
        The same row; its texts hold nothing that a database refuses.

    Raises:
        FramingError: If it has not the form of rows.
    """
    found = checked_row(row)
    if error_code(found) is not None:
        return {
            "path": None,
            "is_studio": None,
            "confidence": None,
            "error": {
                "code": found["error"]["code"],
                "message": storable(found["error"]["message"]),
            },
        }
    if found.keys() != _CHECKS.keys():
        raise FramingError(f"a row of other keys: {sorted(found.keys() ^ _CHECKS.keys())[:5]}")
    for key, fits in _CHECKS.items():
        if not fits(found[key]):
            raise FramingError(f"{key} is not what it should be")
    if found["sha256"] != sha256:
        raise FramingError("the digest of another picture")
    _check_agreement(found)
    found["warnings"] = [storable(text) for text in found["warnings"]]
    found["missing"] = {key: storable(reason) for key, reason in found["missing"].items()}
    return found


def checked_hash(header: Mapping[str, Any]) -> tuple[str, int]:
    """The perceptual hash and its quality out of a message.

    Raises:
        FramingError: If they are none.
    """
    digits, quality = header.get("pdq"), header.get("pdq_quality")
    if not (_is_pdq(digits) and _is_quality(quality)):
        raise FramingError("no perceptual hash")
    return str(digits), int(str(quality))


def checked_milliseconds(header: Mapping[str, Any]) -> float | None:
    """How long the shared planes took out of a message; None if it does not say."""
    found: Any = header.get("planes_ms")
    return float(found) if is_number(found) and found >= 0 else None


def _check_agreement(row: Mapping[str, Any]) -> None:
    """Refuse parts that are each well formed, but speak of different analyses."""
    measured = row["measurements"]
    if row["versions"].keys() != measured.keys():
        raise FramingError("versions are not of what was measured")
    # Reasons stand under analysis.measure.
    if any("." in analysis for analysis in measured):
        raise FramingError("the name of an analysis has a dot")
    unmeasured = {
        f"{analysis}.{measure}"
        for analysis, values in measured.items()
        for measure, value in values.items()
        if value is None
    }
    if row["missing"].keys() != unmeasured:
        raise FramingError("reasons are not of the measures that are missing")
    if not measured.keys() >= set(row["detail_analyses"]):
        raise FramingError("details that were not measured")
    if row["detail_analyses"] and row["phase"] != "detail":
        raise FramingError("details in a verdict by lighting")


def _is_quality(value: object) -> bool:
    return type(value) is int and 0 <= value <= 100


def _is_pdq(value: object) -> bool:
    return isinstance(value, str) and _PDQ.fullmatch(value) is not None


def _is_measured(value: object) -> bool:
    return value is None or is_number(value)


def _is_term(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"measures", "log_odds"}
        and bool(value["measures"])
        and _names(value["measures"])
        and is_number(value["log_odds"])
    )


def _is_timing(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == _STAGES
        and _measured_map(value)
        # These always run; the network and detail may not have.
        and all(value[stage] is not None for stage in ("decode", "lighting", "total"))
    )


_names = list_of(is_name)
_measured_map = map_of(_is_measured)
_size = list_of(is_whole, length=2)
_band = list_of(is_share, length=2)

_CHECKS: dict[str, Check] = {
    "path": lambda value: value is None,
    "is_studio": lambda value: type(value) is bool,
    "confidence": is_share,
    "label": one_of("studio", "natural", "uncertain"),
    "phase": one_of("lighting", "detail"),
    "components": map_of(is_share),
    "model": is_name,
    "variant": is_name,
    "version": is_name,
    "timing_ms": _is_timing,
    "warnings": list_of(is_text),
    "schema_version": is_whole,
    "logit": is_number,
    "intercept": is_number,
    "evidence": list_of(_is_term),
    "measurements": map_of(_measured_map),
    "missing": map_of(is_text),
    "lighting_confidence": is_share,
    "format": is_name,
    "original_size_px": _size,
    "working_size_px": _size,
    "sha256": is_name,
    "phases": one_of("auto", "lighting", "all"),
    "versions": map_of(is_whole),
    "detail_analyses": _names,
    "basis": map_of(lambda value: is_whole(value) or is_name(value)),
    "band": _band,
    "doubt": _band,
    "pdq": _is_pdq,
    "pdq_quality": _is_quality,
}
