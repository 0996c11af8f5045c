"""What a child answered, held against the form of rows before anything of it is kept.

A child has touched hostile bytes: it may answer anything. What passes here can be stored, shown
and turned back into a report; whether its numbers are true, nobody can tell from outside.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from studio_detector.batch.supervisor import checked_row, error_code
from studio_detector.imaging.framing import FramingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[Any], bool]

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


def storable(text: str) -> str:
    """Escape what no database takes as text: NUL, and halves of characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _is_name(value: object) -> bool:
    # No control characters, hence no NUL, and no halves of characters.
    return isinstance(value, str) and value.isprintable() and len(value) <= 400


def _is_number(value: object) -> bool:
    return type(value) in {float, int} and math.isfinite(value)  # type: ignore[arg-type]


def _is_share(value: object) -> bool:
    return type(value) is float and 0 <= value <= 1


def _is_whole(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 31


def _is_quality(value: object) -> bool:
    return type(value) is int and 0 <= value <= 100


def _is_pdq(value: object) -> bool:
    return isinstance(value, str) and _PDQ.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_measured(value: object) -> bool:
    return value is None or _is_number(value)


def _one_of(*choices: str) -> Check:
    return lambda value: value in choices


def _list_of(fits: Check, *, length: int | None = None) -> Check:
    def check(value: object) -> bool:
        if not isinstance(value, list) or (length is not None and len(value) != length):
            return False
        return all(map(fits, value))

    return check


def _map_of(fits: Check) -> Check:
    def check(value: object) -> bool:
        return (
            isinstance(value, dict) and all(map(_is_name, value)) and all(map(fits, value.values()))
        )

    return check


def _is_term(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"measures", "log_odds"}
        and bool(value["measures"])
        and _names(value["measures"])
        and _is_number(value["log_odds"])
    )


def _is_timing(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == _STAGES
        and _measured_map(value)
        # These always run; the network and detail may not have.
        and all(value[stage] is not None for stage in ("decode", "lighting", "total"))
    )


_names = _list_of(_is_name)
_measured_map = _map_of(_is_measured)
_size = _list_of(_is_whole, length=2)
_band = _list_of(_is_share, length=2)

_CHECKS: dict[str, Check] = {
    "path": lambda value: value is None,
    "is_studio": lambda value: type(value) is bool,
    "confidence": _is_share,
    "label": _one_of("studio", "natural", "uncertain"),
    "phase": _one_of("lighting", "detail"),
    "components": _map_of(_is_share),
    "model": _is_name,
    "variant": _is_name,
    "version": _is_name,
    "timing_ms": _is_timing,
    "warnings": _list_of(_is_text),
    "schema_version": _is_whole,
    "logit": _is_number,
    "intercept": _is_number,
    "evidence": _list_of(_is_term),
    "measurements": _map_of(_measured_map),
    "missing": _map_of(_is_text),
    "lighting_confidence": _is_share,
    "format": _is_name,
    "original_size_px": _size,
    "working_size_px": _size,
    "sha256": _is_name,
    "phases": _one_of("auto", "lighting", "all"),
    "versions": _map_of(_is_whole),
    "detail_analyses": _names,
    "basis": _map_of(lambda value: _is_whole(value) or _is_name(value)),
    "band": _band,
    "doubt": _band,
    "pdq": _is_pdq,
    "pdq_quality": _is_quality,
}
