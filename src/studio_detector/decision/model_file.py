"""The one JSON format of models: written, read strictly, and identified by digest.

.. code-block:: text

    format      1
    name        "cues"
    version     "1"
    uncertain   [0.4, 0.6]                  the band labelled uncertain
    analyses    {"shadow": 1, ...}          versions whose numbers it was made for
    lighting    head for phase 1 alone
    full        head for phases 1 and 3
    card        training set, figures, remarks

    head   = {intercept, calibration: {knots, values}, shapes: [shape, ...]}
    shape  = {measure, knots, log_odds, missing}
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_detector.decision.calibration import Calibration
from studio_detector.decision.model import Head, Model, Shape
from studio_detector.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Version of the JSON form; changes when a key changes its name or meaning.
FORMAT = 1
_DIGEST_DIGITS = 12


def loads(text: str, *, source: str) -> Model:
    """Read a model from JSON.

    Args:
        text: The file's text.
        source: Name of the file, for messages.

    Returns:
        The model with its digest.

    Raises:
        ModelError: ``model_invalid`` if the text is no JSON, a key is unknown, missing or
            double, a value has the wrong type or range, or the format is another one.
    """
    try:
        data = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        return sealed(_model(data))
    except ModelError as error:
        raise ModelError(f"model file {source}: {error.message}", code=error.code) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"model file {source} is not JSON ({error}); write it again with "
            "'python -m studio_detector.learning.train'",
            code="model_invalid",
        ) from error


def dumps(model: Model) -> str:
    """Write a model as JSON, one shape a line, so that a refit shows as a readable change."""
    document = to_document(model)
    lines = []
    for key, value in document.items():
        if key in {"lighting", "full"}:
            shapes = ",\n".join(f"   {json.dumps(shape)}" for shape in value["shapes"])
            rest = {name: value[name] for name in ("intercept", "calibration")}
            head = json.dumps(rest)[1:-1]
            lines.append(f' "{key}": {{{head}, "shapes": [\n{shapes}\n ]}}')
        elif key == "card":
            card = json.dumps(value, indent=1, allow_nan=False).replace("\n", "\n ")
            lines.append(f' "{key}": {card}')
        else:
            lines.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def to_document(model: Model) -> dict[str, Any]:
    """Plain data of a model, in the order in which it is written."""
    return {
        "format": FORMAT,
        "name": model.name,
        "version": model.version,
        "uncertain": [model.uncertain_low, model.uncertain_high],
        "analyses": dict(model.analyses),
        "lighting": _head_document(model.lighting),
        "full": _head_document(model.full),
        "card": dict(model.card),
    }


def sealed(model: Model) -> Model:
    """Return the model with the digest of its definition.

    The digest is the SHA-256 of canonical JSON (sorted keys, no spaces, shortest floats), so
    the layout of the file does not matter and every number does.
    """
    canonical = json.dumps(
        to_document(model), sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    return replace(model, digest=digest[:_DIGEST_DIGITS])


def _head_document(head: Head) -> dict[str, Any]:
    return {
        "intercept": head.intercept,
        "calibration": {
            "knots": list(head.calibration.knots),
            "values": list(head.calibration.values),
        },
        "shapes": [
            {
                "measure": shape.measure,
                "knots": list(shape.knots),
                "log_odds": list(shape.log_odds),
                "missing": shape.missing,
            }
            for shape in head.shapes
        ],
    }


def _model(data: object) -> Model:
    given = data.get("format") if isinstance(data, dict) else None
    if isinstance(data, dict) and (isinstance(given, bool) or given != FORMAT):
        raise _invalid("format", f"{FORMAT}; use the release of this package that wrote it", given)
    names = {"format", "name", "version", "uncertain", "analyses", "lighting", "full", "card"}
    fields = _fields(data, "the file", names)
    band = _numbers(fields["uncertain"], "uncertain")
    if len(band) != 2:
        raise _invalid("uncertain", "two numbers", fields["uncertain"])
    return Model(
        name=_text(fields["name"], "name"),
        version=_text(fields["version"], "version"),
        digest="",
        uncertain_low=band[0],
        uncertain_high=band[1],
        analyses={
            name: _whole(version, f"analyses.{name}")
            for name, version in _mapping(fields["analyses"], "analyses").items()
        },
        lighting=_head(fields["lighting"], "lighting"),
        full=_head(fields["full"], "full"),
        card=_mapping(fields["card"], "card"),
    )


def _head(data: object, where: str) -> Head:
    fields = _fields(data, where, {"intercept", "calibration", "shapes"})
    calibration = _fields(fields["calibration"], f"{where}.calibration", {"knots", "values"})
    shapes = fields["shapes"]
    if not isinstance(shapes, list):
        raise _invalid(f"{where}.shapes", "a list", shapes)
    return Head(
        intercept=_number(fields["intercept"], f"{where}.intercept"),
        calibration=Calibration(
            knots=_numbers(calibration["knots"], f"{where}.calibration.knots"),
            values=_numbers(calibration["values"], f"{where}.calibration.values"),
        ),
        shapes=tuple(_shape(s, f"{where}.shapes[{index}]") for index, s in enumerate(shapes)),
    )


def _shape(data: object, where: str) -> Shape:
    fields = _fields(data, where, {"measure", "knots", "log_odds", "missing"})
    return Shape(
        measure=_text(fields["measure"], f"{where}.measure"),
        knots=_numbers(fields["knots"], f"{where}.knots"),
        log_odds=_numbers(fields["log_odds"], f"{where}.log_odds"),
        missing=_number(fields["missing"], f"{where}.missing"),
    )


def _fields(data: object, where: str, names: set[str]) -> Mapping[str, object]:
    mapping = _mapping(data, where)
    if mapping.keys() != names:
        absent, unknown = sorted(names - mapping.keys()), sorted(mapping.keys() - names)
        raise ModelError(
            f"{where} must have exactly the keys {', '.join(sorted(names))}; "
            f"missing: {', '.join(absent) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
            code="model_invalid",
        )
    return mapping


def _mapping(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(where, "an object", value)
    return value


def _numbers(value: object, where: str) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise _invalid(where, "a list of numbers", value)
    return tuple(_number(number, where) for number in value)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(where, "a number", value)
    try:
        return float(value)
    except OverflowError:
        raise _invalid(where, "a number that fits 64 bits", value) from None


def _whole(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _invalid(where, "a whole number", value)
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _invalid(where, "a string", value)
    return value


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError(f"a key stands twice among {[key for key, _ in pairs][:8]}")
    return mapping


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _invalid(where: str, wanted: str, value: object) -> ModelError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return ModelError(f"{where} must be {wanted}; got {shown}", code="model_invalid")
