"""Values in words, by Grafana's names of units."""

from __future__ import annotations

import math

_MINUTE_S = 60.0
_HOUR_S = 3600.0
_DAY_S = 86_400.0
_SHORT = ((1e9, " G"), (1e6, " M"), (1e3, " k"))

# Digits after the point, by place -> the least value that needs no more.
_LEAST = (100.0, 10.0, 0.1, 0.0)

#: Unit -> what stands behind a number of it.
SUFFIXES = {"none": "", "short": "", "percentunit": "%", "s": "", "reqps": " req/s", "ops": " /s"}


def in_words(value: float, unit: str, decimals: int | None = None) -> str:
    """A value as a panel writes it.

    Args:
        value: The value.
        unit: Grafana's name of its unit, a key of `SUFFIXES`.
        decimals: Digits after the point at most; None takes three digits in all.

    Raises:
        KeyError: If the unit is another.
    """
    suffix = SUFFIXES[unit]
    if math.isnan(value):
        return "no value"
    if unit == "percentunit":
        return _digits(value * 100, decimals) + suffix
    if unit == "s":
        return _duration(value, decimals)
    for size, letter in _SHORT:
        if unit != "none" and abs(value) >= size:
            return _digits(value / size, decimals) + letter + suffix
    return _digits(value, decimals) + suffix


def _duration(seconds: float, decimals: int | None) -> str:
    size = abs(seconds)
    if size >= _DAY_S:
        return _digits(seconds / _DAY_S, decimals) + " days"
    if size >= _HOUR_S:
        return _digits(seconds / _HOUR_S, decimals) + " h"
    if size >= _MINUTE_S:
        return _digits(seconds / _MINUTE_S, decimals) + " min"
    if size >= 1 or size == 0:
        return _digits(seconds, decimals) + " s"
    return _digits(seconds * 1000, decimals) + " ms"


def _digits(value: float, decimals: int | None) -> str:
    if decimals is None:
        size = abs(value)
        decimals = next(digits for digits, least in enumerate(_LEAST) if size >= least)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
