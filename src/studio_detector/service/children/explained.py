"""Whether what a child sent is an explanation, and nothing more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from studio_detector.service.children.forms import (
    is_number,
    is_share,
    is_whole,
    list_of,
    one_of,
    optional,
    record,
    storable,
)

if TYPE_CHECKING:
    from typing import NoReturn


def is_explanation(file: bytes) -> bool:
    """Whether a file is the JSON of `photo_data`, with texts that can be shown.

    Args:
        file: From a process that met hostile bytes.
    """
    try:
        data = json.loads(file.decode("ascii"), parse_constant=_refused)
    except (ValueError, RecursionError):
        return False
    return _EXPLANATION(data)


def _refused(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_shown(value: object) -> bool:
    return isinstance(value, str) and storable(value) == value


_measured = optional(is_number)
_odds_and_words = {"words": _is_shown, "log_odds": is_number}
_flip = optional(
    record(
        turns_to=one_of("studio", "natural"),
        missing_log_odds=is_number,
        changes=list_of(
            record(
                **_odds_and_words,
                measure=_is_shown,
                value=_is_shown,
                needed=_is_shown,
                needed_log_odds=is_number,
            )
        ),
    )
)
_spread = optional(
    record(shares=list_of(is_share), studio=list_of(is_number), natural=list_of(is_number))
)
_terms = list_of(
    record(
        measures=list_of(_is_shown),
        words=_is_shown,
        remark=_is_shown,
        value=_is_shown,
        values=list_of(_measured),
        log_odds=_measured,
        spread=_spread,
    )
)
_EXPLANATION = record(
    waterfall=record(
        steps=list_of(
            record(
                **_odds_and_words,
                measure=optional(_is_shown),
                value=optional(_is_shown),
                sum=is_number,
            )
        ),
        logit=is_number,
    ),
    flip=_flip,
    flip_of_cues=_flip,
    reliability=optional(
        record(low=is_number, high=is_number, photographs=is_whole, studio=is_number)
    ),
    phases=_is_shown,
    cautions=list_of(_is_shown),
    timing_ms=record(
        decode=is_number,
        lighting=is_number,
        network=_measured,
        detail=_measured,
        total=is_number,
    ),
    cards=list_of(
        record(
            name=_is_shown,
            title=_is_shown,
            summary=_is_shown,
            ran=lambda value: type(value) is bool,
            score=optional(is_share),
            says=_is_shown,
            log_odds=is_number,
            terms=_terms,
            unread=_terms,
        )
    ),
)
