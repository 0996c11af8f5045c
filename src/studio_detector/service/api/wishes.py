"""What callers wish for, in whatever form it comes: JSON, form fields, query parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from studio_detector.errors import RequestError
from studio_detector.service.api.requested import Options, WishFields
from studio_detector.service.intake.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_detector.decision.policy import Phases

_M = TypeVar("_M", bound=BaseModel)

#: The wishes that may stand beside an upload, as fields or query parameters.
NAMES = ("priority", "phases", "variant", "callback_url", "subject", "options")
# The analyses of phase 3 go together; "frequency" is the first of them.
_DETAIL = frozenset({"frequency", "detail"})


def wishes_of(
    query: Mapping[str, Sequence[str]],
    *,
    form: Mapping[str, Sequence[str]] | None = None,
    sent: WishFields | None = None,
) -> Wishes:
    """The wishes of a request; what the body says goes before what the address says.

    Args:
        query: Those of the address, name -> values.
        form: Those of a form.
        sent: Those of a JSON body.

    Raises:
        RequestValidationError: One is unknown or does not fit.
        RequestError: ``request_invalid`` for phases that do not go together.
    """
    if not query and not form and sent is None:
        return Wishes()
    read = _read(query, "query") | _read(form or {}, "form")
    if sent is not None:
        read |= {name: getattr(sent, name) for name in sent.model_fields_set & set(NAMES)}
    found = WishFields.model_construct(**read)
    return Wishes(
        priority=found.priority,
        phases=_phases(found.phases),
        variant=found.variant,
        callback_url=found.callback_url,
        near_duplicates=found.options.near_duplicates,
        subject=found.subject,
    )


def model_of_json(kind: type[_M], data: bytes, *, place: str) -> _M:
    """A model out of JSON text.

    Args:
        kind: The model.
        data: The text.
        place: Where it was, for errors.

    Raises:
        RequestValidationError: It is no JSON, or does not fit.
    """
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise _invalid(error, place) from error


def _read(fields: Mapping[str, Sequence[str]], place: str) -> dict[str, Any]:
    """Texts as what they stand for, by name."""
    if not fields:
        return {}
    read: dict[str, Any] = {}
    for name, values in fields.items():
        if name == "phases":
            # Words in one field, too, as people write them in addresses.
            read[name] = [word for value in values for word in value.split(",")]
        elif len(values) > 1:
            raise RequestValidationError([{"loc": (place, name), "msg": "may be there once"}])
        elif name == "options":
            read[name] = model_of_json(Options, values[0].encode(), place=f"{place}.options")
        else:
            read[name] = values[0]
    try:
        found = WishFields.model_validate(read)
    except ValidationError as error:
        raise _invalid(error, place) from error
    return {name: getattr(found, name) for name in found.model_fields_set}


def _phases(sent: str | Sequence[str] | None) -> Phases | None:
    if sent is None:
        return None
    names = {sent} if isinstance(sent, str) else set(sent)
    policies = names & {"auto", "all"}
    if policies and len(names) == 1:
        return "auto" if "auto" in policies else "all"
    if policies or not names:
        raise RequestError(
            f"phases are {sorted(names)}; send 'auto', 'all' or 'lighting' alone, or a list of "
            "'lighting' and 'frequency'",
            code="request_invalid",
        )
    return "all" if names & _DETAIL else "lighting"


def _invalid(error: ValidationError, place: str) -> RequestValidationError:
    return RequestValidationError(
        [
            {"loc": (place, *fault["loc"]), "msg": fault["msg"]}
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    )
