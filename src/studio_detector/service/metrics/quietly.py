"""Counting is never a reason to fail: what goes wrong with it is logged, and work goes on."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")

_log = logging.getLogger(__name__)


def quietly(count: Callable[_P, None]) -> Callable[_P, None]:
    """Have a function raise nothing.

    Args:
        count: What counts.
    """

    @functools.wraps(count)
    def counted(*args: _P.args, **named: _P.kwargs) -> None:
        try:
            count(*args, **named)
        except Exception:  # noqa: BLE001 - whatever it is, work goes on
            _log.exception("a defect of ours: %s did not count", count.__qualname__)

    return counted
