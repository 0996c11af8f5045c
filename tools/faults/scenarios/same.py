"""The same picture, many times at the same moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tools.faults import pictures
from tools.faults.play import Scenario
from tools.faults.service import MODES

if TYPE_CHECKING:
    from tools.faults.stage import Stage

_TIMES = 50


async def post_same(stage: Stage) -> str:
    """Post each picture fifty times at once, to two processes in turn where there can be two."""
    await stage.open(apis=2 if stage.is_scaled else 1)
    rounds = max(1, stage.jobs // _TIMES)
    stage.begin([])
    for picture in pictures.good(rounds, stage.seed, copies_every=0):
        await stage.poster.post_all([picture] * _TIMES, connections=_TIMES)
    await stage.settled()
    jobs = stage.database.truth().jobs
    analysed = Counter(job.image_hash for job in jobs if job.answer == "analysed")
    wrong = [f"{picture} x {times}" for picture, times in analysed.items() if times != 1]
    if wrong or len(analysed) != rounds:
        raise AssertionError(f"analysed otherwise than once: {wrong}, {len(analysed)} of {rounds}")
    answers = Counter(job.answer for job in jobs)
    told = ", ".join(f"{count} {answer}" for answer, count in answers.most_common())
    return f"{rounds} pictures, {_TIMES} times each: {told}"


SCENARIOS = (
    Scenario(
        name="same-picture",
        title="The same picture 50 times at once, at two processes that serve",
        modes=MODES,
        play=post_same,
    ),
)
