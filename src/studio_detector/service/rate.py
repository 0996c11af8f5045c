"""How much in how long: "6000/minute", as settings say it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio_detector.errors import ConfigError

_NONE = "none"
_UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_WRITTEN = re.compile(
    rf"\s*(?P<most>[1-9][0-9]{{0,11}})\s*/\s*(?P<unit>{'|'.join(_UNITS_S)})\s*", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So much in any window of so many seconds.

    Attributes:
        most: What the requests in a window may count for together.
        window_s: Seconds.
    """

    most: int
    window_s: int


def read_rate(text: str, *, name: str) -> Rate | None:
    """Read a rate as a setting says it.

    Args:
        text: For instance "6000/minute"; "none" for no bound.
        name: The setting, for the message.

    Raises:
        ConfigError: ``config_invalid_value``.
    """
    if text.strip() == _NONE:
        return None
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ConfigError(
            f"{name} is {text!r}; write a number and a second, minute, hour or day, for instance "
            f"6000/minute, or {_NONE}",
            code="config_invalid_value",
        )
    return Rate(most=int(found["most"]), window_s=_UNITS_S[found["unit"]])
