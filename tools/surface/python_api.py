"""Names that programs import, with what they take and give."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Module -> its public names; None stands for its ``__all__``.
PUBLIC: MappingProxyType[str, tuple[str, ...] | None] = MappingProxyType(
    {
        "studio_detector": None,
        "studio_detector.analysis.base": ("AnalysisSpec", "Measurement", "MeasureSpec"),
        "studio_detector.batch.engines.daft_engine": ("score_frame",),
        "studio_detector.batch.engines.job": ("Job",),
        "studio_detector.batch.engines.ray_engine": ("score_dataset",),
        "studio_detector.batch.engines.run": ("run",),
        "studio_detector.batch.engines.spark_engine": ("score_partition", "spark_schema"),
        "studio_detector.batch.scoring": ("score_batch",),
        "studio_detector.client": None,
        "studio_detector.client.webhook": ("verify",),
        "studio_detector.imaging": None,
        "studio_detector.planes": None,
        "studio_detector.reporting.overlays": None,
        "studio_detector.service.vault.key_wrapper": ("KeyWrapper",),
    }
)
_OWN = "studio_detector"


class _Raw:
    """Shows itself as a text without quotes, in the place of an annotation or a default."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def python_lines() -> Iterator[tuple[str, str]]:
    """Every public name and every public member of a class -> what it takes and gives."""
    for module_name, chosen in PUBLIC.items():
        module = importlib.import_module(module_name)
        for name in module.__all__ if chosen is None else chosen:
            yield from lines_of(f"{module_name}.{name}", getattr(module, name))


def lines_of(name: str, thing: object) -> Iterator[tuple[str, str]]:
    """A name, and its members where it is a class."""
    if not inspect.isclass(thing):
        yield name, _signature(thing) if callable(thing) else f": {type(thing).__name__}"
        return
    bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
    yield name, f"{_signature(thing)}{f' is {bases}' if bases else ''}"
    is_record = dataclasses.is_dataclass(thing)
    fields = {field.name for field in dataclasses.fields(thing)} if is_record else set()
    for member in sorted(dir(thing)):
        # Fields stand in the signature.
        if not member.startswith("_") and member not in fields and _is_own(thing, member):
            yield f"{name}.{member}", _member(inspect.getattr_static(thing, member))


def _is_own(owner: type, member: str) -> bool:
    """Whether one of our classes defines it; what Python gives to all is no promise of ours."""
    return any(
        member in vars(base) and base.__module__.startswith(_OWN) for base in owner.__mro__
    ) or not owner.__module__.startswith(_OWN)


def _member(found: object) -> str:
    if isinstance(found, property | functools.cached_property):
        getter = found.fget if isinstance(found, property) else found.func
        return f": {_annotation(getattr(getter, '__annotations__', {}).get('return', ''))}"
    if isinstance(found, (staticmethod, classmethod)):
        return _signature(found.__func__)
    if callable(found):
        return _signature(found)
    return ": attribute"


def _signature(thing: object) -> str:
    if not callable(thing):
        raise TypeError(f"{thing!r} takes nothing")
    try:
        found = inspect.signature(thing)
    except ValueError:  # of C
        return "(...)"
    parameters = [
        parameter.replace(
            annotation=_shown(parameter.annotation), default=_default(parameter.default)
        )
        for parameter in found.parameters.values()
    ]
    return str(
        found.replace(parameters=parameters, return_annotation=_shown(found.return_annotation))
    )


def _shown(annotation: object) -> object:
    empty = inspect.Signature.empty
    return empty if annotation is empty else _Raw(_annotation(annotation))


def _annotation(annotation: object) -> str:
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _default(default: object) -> object:
    """A default; those whose words differ from run to run, or are many, are an ellipsis."""
    plain = (str, bytes, int, float, bool, type(None), tuple)
    if default is inspect.Parameter.empty or isinstance(default, plain):
        return default
    return _Raw("...")
