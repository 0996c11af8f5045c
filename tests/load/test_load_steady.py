"""What a steady run calls a problem, and whose memory it follows."""

from __future__ import annotations

import pytest

from tools.load.answers import Answer
from tools.load.meter import CHILDREN, Meter, Sample
from tools.load.steady import _by_minute, _memory, problems_of_memory, problems_of_posting


def _answers(*statuses):
    return [
        Answer(float(n), float(n), n + 0.1, status, 1, f"{n}", "", None, 10)
        for n, status in enumerate(statuses)
    ]


def test_pictures_that_nobody_tells_of_are_a_problem():
    """They are in no other count: neither accepted nor lost."""
    assert ["3 pictures were due, 2 are told of"] == problems_of_posting(_answers(202, 202), 3)


def test_pictures_that_were_never_accepted_are_a_problem():
    assert ["2 pictures were never accepted"] == problems_of_posting(_answers(202, 0, 429), 3)


def test_all_posted_and_accepted_is_none():
    assert [] == problems_of_posting(_answers(202, 200, 201), 3)


def _told(*, is_flat):
    return {"is_flat": is_flat, "growth_mib": 99.0, "allowed_mib": 32.0}


def test_memory_is_judged_of_what_lives_through_the_run():
    memory = {
        "api": _told(is_flat=True),
        "worker 0": _told(is_flat=False),
        "worker 1": _told(is_flat=False),
        "postgres": _told(is_flat=False),
    }

    assert ["worker 0 grew by 99.0 MiB, 32.0 are allowed"] == problems_of_memory(memory, 3600)


@pytest.mark.parametrize(("seconds", "count"), [(60, 0), (3600, 1)])
def test_after_a_long_run_memory_must_be_known(seconds, count):
    """A short one is too short to tell."""
    assert count == len(problems_of_memory({"api": _told(is_flat=None)}, seconds))


def _sample(at_s, sizes):
    mib = {"api": 200.0, CHILDREN: float(sum(sizes))}
    processes = {"api": 1, CHILDREN: len(sizes)}
    return Sample(at_s, {}, mib, processes, {"api": 200.0, CHILDREN: float(max(sizes))})


def test_of_processes_that_analyse_the_largest_is_followed():
    """One grows by 2 MiB a minute beside three that do not: their mean, by half a MiB."""
    samples = [_sample(60.0 * n + 30, [170 + 2 * n, 170, 170, 170]) for n in range(60)]

    minutes, mib = _by_minute(samples, CHILDREN, 0.0)
    told = _memory(Meter(dict, frozenset, samples), 0.0, 3600.0)

    assert [float(n) for n in range(60)] == minutes
    assert [170.0 + 2 * n for n in range(60)] == mib
    assert told[CHILDREN]["is_flat"] is False
    assert told["api"]["is_flat"] is True
