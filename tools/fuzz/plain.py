"""The search where atheris is missing: hypothesis makes inputs, and changes kept ones."""

from __future__ import annotations

import random
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tools.fuzz.target import tried
from tools.soak.mutate import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import SearchStrategy

    from tools.fuzz.target import Target

_ROUND = 500


@dataclass(slots=True)
class Found:
    """What a search gave.

    Attributes:
        executions: Inputs that were tried.
        data: The input of the first finding; None without.
        told: What was raised.
    """

    executions: int = 0
    data: bytes | None = None
    told: str = ""


def inputs(target: Target, seeds: Sequence[bytes]) -> SearchStrategy[bytes]:
    """Inputs for a target: any bytes, and kept inputs changed as bad lines change them.

    Args:
        target: It.
        seeds: Kept inputs; may be none.
    """
    anything = st.binary(max_size=min(target.most_bytes, 512))
    kept = [seed for seed in seeds if seed]
    if not kept:
        return anything
    one = st.sampled_from(kept)

    def change(number: int, data: bytes, other: bytes) -> bytes:
        chance = random.Random(number)  # noqa: S311 - nothing secret
        return mutated(chance, data, other)[1][: target.most_bytes]

    return anything | one | st.builds(change, st.integers(0, 1 << 32), one, one)


def search(target: Target, seeds: Sequence[bytes], seconds: float, seed: int) -> Found:
    """Try inputs until one is a finding, or the time is up.

    Args:
        target: It.
        seeds: Kept inputs.
        seconds: How long.
        seed: Another one gives other inputs.
    """
    found = Found()
    until = time.monotonic() + seconds
    for number in range(seed * 1_000_000, (seed + 1) * 1_000_000):
        if time.monotonic() >= until:
            break
        _round(target, inputs(target, seeds), found, number, lambda: time.monotonic() >= until)
        if found.data is not None:
            break
    return found


def _round(
    target: Target,
    data: SearchStrategy[bytes],
    found: Found,
    number: int,
    is_over: Callable[[], bool],
) -> None:
    @seeded(number)
    @settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(data)
    def examples(data: bytes) -> None:
        if is_over():
            return
        found.executions += 1
        try:
            tried(target, data)
        except Exception:
            found.data, found.told = data, traceback.format_exc()
            raise

    try:
        examples()
    except Exception:  # noqa: BLE001 - it is in `found`
        return
